/** The rows of a bulk message: each says its type, and all are of the table the message is bound to. */
import { parseGuid } from '../../../../core/guid.ts'
import type { TableDefinition } from '../../../schema.ts'
import type { ApiContext, ApiRequest } from '../../operation.ts'
import { parseResource } from '../../query/index.ts'
import type { RowKey } from '../../resource.ts'
import { relativePath } from '../links/reference.ts'
import { isList, isObject, type JsonObject, readObject } from '../payload/request-body.ts'
import { invalidArgument, payloadError } from '../write-errors.ts'

export interface Target {
  readonly body: JsonObject
  /** Undefined where the item names no row. */
  readonly key: RowKey | undefined
}

export function readTargets(
  request: ApiRequest,
  table: TableDefinition,
  context: ApiContext,
): readonly Target[] {
  const { Targets: items } = readObject(request)
  if (!isList(items)) throw payloadError("The parameter 'Targets' must be a list of rows.")
  if (items.length === 0)
    throw invalidArgument("The parameter 'Targets' is empty; it needs at least one row.")
  return items.map((body) => {
    if (!isObject(body)) throw payloadError("The parameter 'Targets' must be a list of rows.")
    demandType(body, table)
    return { body, key: keyOf(body, table, context) }
  })
}

/** Equal for items that name the same row. */
export function keyText({ key }: Target): string | undefined {
  if (!key) return undefined
  return key.by === 'id'
    ? `${key.id}/${key.partitionId ?? ''}`
    : [...key.columns, ...key.values.map((value) => String(value).toLowerCase())].join('/')
}

function demandType(body: JsonObject, { logicalName }: TableDefinition): void {
  const type = body['@odata.type']
  if (typeof type !== 'string')
    throw payloadError("A row of 'Targets' has no '@odata.type', which says of what table it is.")
  if (type.replace(/^#/, '') !== `Microsoft.Dynamics.CRM.${logicalName}`)
    throw payloadError(
      `A row of 'Targets' is of type '${type}'; all of them must be of 'Microsoft.Dynamics.CRM.${logicalName}'.`,
    )
}

function keyOf(body: JsonObject, table: TableDefinition, context: ApiContext): RowKey | undefined {
  const url = body['@odata.id']
  if (typeof url === 'string') {
    const resource = parseResource(relativePath(url), '', context)
    if (resource.kind !== 'row' || resource.table.logicalName !== table.logicalName)
      throw payloadError(`The URI '${url}' does not name a row of '${table.logicalName}'.`)
    return resource.key
  }
  const text = body[table.primaryKey]
  if (text === undefined || text === null) return undefined
  const id = typeof text === 'string' ? parseGuid(text) : undefined
  if (id === undefined) throw payloadError(`The value of '${table.primaryKey}' is not a GUID.`)
  const partition = table.kind === 'Elastic' ? body.partitionid : undefined
  return { by: 'id', id, ...(typeof partition === 'string' ? { partitionId: partition } : {}) }
}
