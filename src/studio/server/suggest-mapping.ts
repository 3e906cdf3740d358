import type { Table } from '../../connect.ts'
import { nearNames } from '../../core/near.ts'

/** For each column of an input the column of the table it seems to mean; null where none does. No column is offered twice. */
export function suggestMapping(
  names: readonly string[],
  { columns, primaryKey }: Pick<Table, 'columns' | 'primaryKey'>,
): Readonly<Record<string, string | null>> {
  const written = columns.filter(
    ({ creatable, updatable, name }) => creatable || updatable || name === primaryKey,
  )
  const byName = new Map(written.map(({ name }) => [folded(name), name]))
  // What is only near a lookup is hardly its id.
  const plain = written.filter(({ targets }) => targets === undefined).map(({ name }) => name)
  const byLabel = new Map(written.map(({ name, label }) => [folded(label), name]))
  const taken = new Set<string>()
  const take = (name: string | undefined): string | undefined => {
    if (name === undefined || taken.has(name)) return undefined
    taken.add(name)
    return name
  }
  const sure = new Map(
    names.map((name) => [name, take(byName.get(folded(name)) ?? byLabel.get(folded(name)))]),
  )
  return Object.fromEntries(
    names.map((name) => {
      // `parentcustomerid.accountnumber` and `parentcustomeridtype` mean what writing takes them for.
      const own =
        sure.get(name) ??
        (belongs(
          name,
          written.map((column) => column.name),
        )
          ? name.toLowerCase()
          : undefined)
      const [near] = own === undefined ? nearNames(folded(name), plain.map(folded), 1) : []
      return [name, own ?? take(near === undefined ? undefined : byName.get(near)) ?? null]
    }),
  )
}

/** A lookup by a column of its row, the table it points to, or a label. */
function belongs(name: string, columns: readonly string[]): boolean {
  const [own = '', by] = name.toLowerCase().split('.')
  if (by !== undefined) return columns.includes(own)
  return ['name', 'type'].some((end) => own.endsWith(end) && columns.includes(own.slice(0, -end.length)))
}

/** Without case, blanks and signs: `E-Mail Address` is `emailaddress`. */
function folded(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
}
