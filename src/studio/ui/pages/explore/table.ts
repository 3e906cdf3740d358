import type { Output } from '../../server/call.ts'

/** A table as the server describes it. */
export type Table = Output<'explore.table'>
export type Column = Table['columns'][number]

/** So many columns are shown until somebody chooses others. */
const FIRST_COLUMNS = 12

/** What tells a row from others comes first: its name, its keys, what every row has; then when it was made and changed. */
export function firstColumns({ columns, keys, primaryName }: Table): readonly string[] {
  const keyed = keys.flatMap((key) => key.columns)
  const rank = ({ name, required, type, choices }: Column): number => {
    if (name === primaryName) return 0
    if (keyed.includes(name)) return 1
    if (name === 'statuscode' || name === 'createdon' || name === 'modifiedon' || name === 'ownerid') return 4
    if (required && type !== 'guid') return 2
    if (name.endsWith('_base') || name.startsWith('address')) return 5
    return type === 'lookup' || type === 'money' || choices ? 3 : 5
  }
  return columns
    .filter(({ readable, type }) => readable && type !== 'file' && type !== 'image' && type !== 'partylist')
    .map((column, at) => ({ name: column.name, rank: rank(column), at }))
    .sort((a, b) => a.rank - b.rank || a.at - b.at)
    .slice(0, FIRST_COLUMNS)
    .map(({ name }) => name)
}
