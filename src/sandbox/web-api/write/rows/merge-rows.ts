/** Merge: the target takes over new values and every row that pointed at the subordinate, which is deactivated. */
import type { Option, TableDefinition } from '../../../schema.ts'
import type { StoredRow } from '../../../store/store.ts'
import type { ApiResponse } from '../../operation.ts'
import { NO_CONTENT } from '../answers.ts'
import { entityParameter } from '../entity-parameter.ts'
import { isObject, type JsonObject } from '../payload/request-body.ts'
import { invalidArgument } from '../write-errors.ts'
import { has, idOf, type Writing } from '../writing.ts'
import { changeRow, updateRow } from './update-row.ts'

const MERGEABLE = new Set(['account', 'contact', 'lead', 'incident'])

export function mergeRows(parameters: JsonObject, writing: Writing): ApiResponse {
  const target = entityParameter(parameters, 'Target', writing)
  const subordinate = entityParameter(parameters, 'Subordinate', writing)
  const { table } = target
  if (!MERGEABLE.has(table.logicalName) || subordinate.table.logicalName !== table.logicalName)
    throw invalidArgument(
      `Merge takes two accounts, contacts, leads or cases, not ${table.logicalName} and ${subordinate.table.logicalName}.`,
    )
  const [kept, gone] = [idOf(table, target.row), idOf(table, subordinate.row)]
  if (kept === gone) throw invalidArgument('Merge was given the same row as target and subordinate.')
  writing.demand('Write', table.logicalName)
  if (isObject(parameters.UpdateContent)) updateRow({ ...target, body: parameters.UpdateContent }, writing)
  moveChildren({ table, from: gone, to: kept }, writing)
  changeRow(subordinate, subordinateCells(table, kept), writing)
  return NO_CONTENT
}

interface Move {
  readonly table: TableDefinition
  readonly from: string
  readonly to: string
}

function moveChildren({ table, from, to }: Move, { store }: Writing): void {
  for (const { referencingTable, referencingColumn } of store.schema.collections(table.logicalName)) {
    const child = store.table(referencingTable)
    for (const row of child.rowsByLookup(referencingColumn, from)) {
      const id = idOf(child.definition, row)
      // The target does not become its own parent.
      if (id !== to || referencingTable !== table.logicalName) child.update(id, { [referencingColumn]: to })
    }
  }
}

/** Cases have a status for it; other tables are just inactive. */
function subordinateCells(table: TableDefinition, masterId: string): StoredRow {
  const options = (type: 'State' | 'Status'): readonly Option[] =>
    table.columns.find((column) => column.type === type)?.options ?? []
  const merged = options('Status').find(({ label }) => label === 'Merged')
  const inactive = options('State').find(({ value }) => value !== 0)
  return {
    ...(merged ? { statuscode: merged.value } : inactive ? { statecode: inactive.value } : {}),
    ...(has(table, 'masterid') ? { masterid: masterId } : {}),
    ...(has(table, 'merged') ? { merged: true } : {}),
  }
}
