import type { BulkMessage } from '../../capabilities/capabilities.ts'
import type { SessionRequest } from '../../service/session.ts'
import { member, payload } from './payload.ts'
import type { RequestContext } from './row-request.ts'
import type { WriteItem } from './write-item.ts'

/** The request that writes many rows of one table by one message. Sent twice it does no more than once. */
export function bulkRequest(
  message: BulkMessage,
  items: readonly WriteItem[],
  { table, mode, capabilities, headers }: RequestContext,
): SessionRequest {
  const { namespace, transaction, failedRows } = capabilities.write.bulk
  const type = member('@odata.type', JSON.stringify(`${namespace}${table.name}`))
  const target = ({ id, ready: { key, cells } }: WriteItem): string => {
    const named =
      id !== undefined
        ? `{${member(table.primaryKey, JSON.stringify(id))}}`
        : mode === 'upsert' && key
          ? `{${member('@odata.id', JSON.stringify(`${table.entitySet}${key.path}`))}}`
          : payload(key?.parts ?? [])
    const values = mode === 'delete' ? '{}' : payload(cells)
    return `{${[type, inside(named), inside(values)].filter((part) => part !== '').join(',')}}`
  }
  return {
    method: 'POST',
    path: `${table.entitySet}/${namespace}${message.name}`,
    headers: {
      ...headers,
      ...(transaction(table.kind) ? {} : failedRows.headers),
      'Content-Type': 'application/json',
    },
    body: `{"Targets":[${items.map(target).join(',')}]}`,
  }
}

/** Members of a printed object, without its braces. */
function inside(json: string): string {
  return json.slice(1, -1)
}
