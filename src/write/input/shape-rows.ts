import { D365Error } from '../../core/errors.ts'
import type { InputRow } from './input-row.ts'

/** How the columns of an input become columns of the table. Names are compared without case. */
export interface RowShape {
  /** Name in the input to name for the table (`accountnumber`, `parentcustomerid.accountnumber`); null leaves it out. */
  readonly map?: Readonly<Record<string, string | null>>
  /** Values by column, for rows that have none of their own: absent, null or an empty text. */
  readonly defaults?: Readonly<Record<string, unknown>>
}

/** Rows with the names and defaults of `shape`. Their source stays as it was, so that rejected rows fit the same shape again. */
export async function* shapedRows(
  rows: AsyncIterable<InputRow>,
  { map = {}, defaults = {} }: RowShape,
): AsyncGenerator<InputRow> {
  const names = new Map(Object.entries(map).map(([from, to]) => [fold(from), to]))
  let checked = false
  for await (const row of rows) {
    if (row.fault !== undefined) {
      yield row
      continue
    }
    // Every row of a CSV has all columns; a line of JSON may lack some.
    if (!checked && row.source?.kind === 'csv') refuseUnknown(map, Object.keys(row.values))
    checked = true
    yield { ...row, values: withDefaults(renamed(row.values, names), defaults) }
  }
}

type Values = Readonly<Record<string, unknown>>

function renamed(values: Values, names: ReadonlyMap<string, string | null>): Values {
  if (names.size === 0) return values
  const taken = new Map<string, string>()
  const entries = Object.entries(values).flatMap(([name, value]): [string, unknown][] => {
    const to = names.has(fold(name)) ? names.get(fold(name)) : name
    if (to === null || to === undefined) return []
    const earlier = taken.get(fold(to))
    if (earlier !== undefined)
      throw new D365Error(
        'INPUT_INVALID',
        `The columns ${earlier} and ${name} of the input both become ${to}.`,
        {
          hint: `Leave one out: --map ${name}=`,
        },
      )
    taken.set(fold(to), name)
    return [[to, value]]
  })
  return Object.fromEntries(entries)
}

function withDefaults(values: Values, defaults: Values): Values {
  const entries = Object.entries(defaults)
  if (entries.length === 0) return values
  const filled: Record<string, unknown> = { ...values }
  for (const [name, value] of entries) {
    const own = Object.keys(values).find((candidate) => fold(candidate) === fold(name)) ?? name
    if (isNothing(filled[own])) filled[own] = value
  }
  return filled
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === ''
}

function refuseUnknown(map: Readonly<Record<string, string | null>>, columns: readonly string[]): void {
  const known = new Set(columns.map(fold))
  const unknown = Object.keys(map).find((name) => !known.has(fold(name)))
  if (unknown === undefined) return
  throw new D365Error('CONFIG_INVALID', `--map names a column ${unknown} that the input does not have.`, {
    hint: `It has ${columns.join(', ')}.`,
  })
}

function fold(name: string): string {
  return name.trim().toLowerCase()
}
