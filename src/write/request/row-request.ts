import type { Capabilities } from '../../capabilities/capabilities.ts'
import type { Table } from '../../catalog/table.ts'
import { D365Error } from '../../core/errors.ts'
import type { SessionRequest } from '../../service/session.ts'
import type { WriteMode } from '../options.ts'
import { member, payload } from './payload.ts'
import type { WriteItem } from './write-item.ts'

export interface RequestContext {
  readonly table: Table
  readonly mode: WriteMode
  readonly capabilities: Capabilities
  readonly headers: Readonly<Record<string, string>>
}

/** The request that writes one row. It does the same when it is sent twice, whatever became of the first. */
export function rowRequest({ ready, id }: WriteItem, context: RequestContext): SessionRequest {
  const { table, mode, capabilities, headers } = context
  const { key, cells } = ready
  if (mode === 'insert') {
    const own = id === undefined ? '' : member(table.primaryKey, JSON.stringify(id))
    const rest = payload(cells).slice(1, -1)
    return {
      method: 'POST',
      path: table.entitySet,
      headers: { ...headers, ...JSON_BODY },
      body: `{${[own, rest].filter((part) => part !== '').join(',')}}`,
    }
  }
  if (!key) throw new D365Error('BUG', `Row ${ready.row} has no key for ${mode}.`)
  const path = `${table.entitySet}${key.path}`
  if (mode === 'delete') return { method: 'DELETE', path, headers }
  if (mode === 'update')
    return {
      method: 'PATCH',
      path,
      // A version that is asked for says already that the row has to be there.
      headers: { ...capabilities.write.updateOnly, ...headers, ...JSON_BODY },
      body: payload(cells),
    }
  return {
    method: 'PATCH',
    path: `${path}?$select=${table.primaryKey}`,
    headers: { ...headers, ...JSON_BODY, ...TELL_CREATED_OR_UPDATED },
    body: payload(cells),
  }
}

const JSON_BODY = { 'Content-Type': 'application/json' } as const

/** With the row in the answer, 201 means created and 200 updated; without, both are 204. */
const TELL_CREATED_OR_UPDATED = { Prefer: 'return=representation' } as const
