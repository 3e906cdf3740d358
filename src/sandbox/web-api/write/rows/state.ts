/** `statecode` and `statuscode` belong together: whichever is given brings the other, and both have to match. */
import type { Option, TableDefinition } from '../../../schema.ts'
import type { StoredRow } from '../../../store/store.ts'
import { perTable } from '../per-table.ts'
import { statusMismatch } from '../write-errors.ts'

/** Cells to write for what a request gives; `before` is the row as it is, absent for a new one. */
export function stateCells(
  { table, id }: { readonly table: TableDefinition; readonly id: string },
  given: StoredRow,
  before?: StoredRow,
): StoredRow {
  const { states, statuses } = optionsOf(table)
  const [firstState] = states
  if (!firstState) return {}
  const status = numberIn(given, 'statuscode')
  const state =
    numberIn(given, 'statecode') ??
    (status === undefined
      ? before
        ? undefined
        : firstState.value
      : statuses.find(({ value }) => value === status)?.state)
  if (state === undefined) return {}
  const stateOption = states.find(({ value }) => value === state)
  const chosen = status ?? keptStatus({ state, before }) ?? stateOption?.defaultStatus
  if (chosen === undefined) return { statecode: state }
  const owner = statuses.find(({ value }) => value === chosen)?.state
  if (owner !== state)
    throw statusMismatch({ status: chosen, state: stateOption?.label ?? String(state), id }, table)
  return { statecode: state, statuscode: chosen }
}

/** A row that stays in its state keeps its status. */
function keptStatus({
  state,
  before,
}: {
  readonly state: number
  readonly before: StoredRow | undefined
}): number | undefined {
  return before && before.statecode === state ? numberIn(before, 'statuscode') : undefined
}

const optionsOf = perTable(({ columns }) => {
  const of = (type: 'State' | 'Status'): readonly Option[] =>
    columns.find((column) => column.type === type)?.options ?? []
  return { states: of('State'), statuses: of('Status') }
})

function numberIn(row: StoredRow, column: string): number | undefined {
  const cell = row[column]
  return typeof cell === 'number' ? cell : undefined
}
