/**
 * `InitializeFrom`: what a new row of a table takes over from another row. The real service reads attribute maps
 * that a maker edits; here a column maps to the column of the same name, the parent to the lookup that points at it.
 */
import { parseGuid } from '../../core/guid.ts'
import type { ColumnDefinition, TableDefinition } from '../schema.ts'
import type { StoredRow } from '../store/store.ts'
import { missing, type Parameters, textParameter } from './functions-parameters.ts'
import { isJsonObject, type Json, NAMESPACE } from './metadata/definition.ts'
import { type ApiContext, ApiError, type ApiResponse } from './operation.ts'

export function initializeFrom(parameters: Parameters, context: ApiContext): ApiResponse {
  const { schema } = context.store
  const moniker = parameters.get('EntityMoniker')
  const path = isJsonObject(moniker) ? moniker['@odata.id'] : undefined
  const match = typeof path === 'string' ? /([a-z_0-9]+)\(([^()]+)\)$/i.exec(path) : null
  const source = schema.tableBySet(match?.[1] ?? '')
  const id = parseGuid(match?.[2] ?? '')
  if (!source || !id) throw missing('EntityMoniker')
  const target = schema.table(textParameter(parameters, 'TargetEntityName').toLowerCase())
  if (!target) throw missing('TargetEntityName')
  context.demand('Read', source.logicalName)
  const row = context.store.table(source.logicalName).get(id)
  if (!row) throw new ApiError(404, '0x80040217', `${source.logicalName} With Id = ${id} Does Not Exist`)
  const body: Record<string, Json> = {
    '@odata.context': `${context.root}$metadata#${target.entitySetName}/$entity`,
    '@odata.type': `#${NAMESPACE}.${target.logicalName}`,
    ...parentBinding(target, { source, id }, context),
    ...copied(target, { source, row }, context),
  }
  return { status: 200, body: JSON.stringify(body) }
}

/** The lookup of the new row that points back at the source: the hierarchical one where a table points at itself. */
function parentBinding(
  target: TableDefinition,
  { source, id }: { readonly source: TableDefinition; readonly id: string },
  { store }: ApiContext,
): Readonly<Record<string, Json>> {
  const candidates = store.schema
    .lookups(target.logicalName)
    .filter(({ referencedTable }) => referencedTable === source.logicalName)
  const chosen = candidates.find(({ hierarchical }) => hierarchical) ?? candidates[0]
  return chosen ? { [`${chosen.lookupNavigation}@odata.bind`]: `${source.entitySetName}(${id})` } : {}
}

/** Columns that belong to one row alone, whatever their name. */
const NEVER_COPIED =
  /^(name|createdon|modifiedon|statecode|statuscode|ownerid|overriddencreatedon|importsequencenumber|.*number)$/

function copied(
  target: TableDefinition,
  { source, row }: { readonly source: TableDefinition; readonly row: StoredRow },
  context: ApiContext,
): Readonly<Record<string, Json>> {
  const output: Record<string, Json> = {}
  for (const column of target.columns) {
    const from = source.columns.find(({ logicalName }) => logicalName === column.logicalName)
    if (!from || from.type !== column.type || !column.create || NEVER_COPIED.test(column.logicalName))
      continue
    const cell = row[column.logicalName]
    if (cell === undefined || column.logicalName === target.primaryKey) continue
    if (
      column.type === 'Lookup' &&
      column.logicalName === 'transactioncurrencyid' &&
      typeof cell === 'string'
    ) {
      const set = context.store.schema.table('transactioncurrency')?.entitySetName
      if (set) output['transactioncurrencyid@odata.bind'] = `${set}(${cell})`
    } else if (isPlain(column) && typeof cell !== 'bigint') {
      output[column.logicalName] = cell
    }
  }
  return output
}

function isPlain({ type, attributeOf }: ColumnDefinition): boolean {
  return attributeOf === undefined && ['String', 'Memo', 'Integer', 'Double'].includes(type)
}
