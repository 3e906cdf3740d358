import type { Capabilities } from '../../capabilities/capabilities.ts'
import type { Table } from '../../catalog/table.ts'
import { D365Error } from '../../core/errors.ts'
import type { SessionRequest } from '../../service/session.ts'
import type { ReadyRow } from '../check/resolve-lookups.ts'
import type { WriteMode } from '../options.ts'
import { rowId } from '../row-id.ts'
import { member, payload } from './payload.ts'

/** One row on its way: its request, and what is known about it. */
export interface WriteItem {
  readonly ready: ReadyRow
  readonly request: SessionRequest
  /** Primary key, where it is known before the answer. */
  readonly id: string | undefined
  /** The primary key was made for this run, so a row that has it is ours. */
  readonly ownId: boolean
  /** An earlier request with this row may have been executed. */
  readonly uncertain: boolean
}

export interface RequestContext {
  readonly table: Table
  readonly mode: WriteMode
  readonly capabilities: Capabilities
  readonly headers: Readonly<Record<string, string>>
  readonly runId: string
}

/** The request that writes one row. It does the same when it is sent twice, whatever became of the first. */
export function writeItem(ready: ReadyRow, uncertain: boolean, context: RequestContext): WriteItem {
  const { mode, capabilities, runId } = context
  const ownId = mode === 'insert' && ready.key === undefined && capabilities.write.clientKeys
  const id = ownId ? rowId(runId, ready.row) : ready.key?.id
  return { ready, id, ownId, uncertain, request: rowRequest(ready, id, context) }
}

function rowRequest(ready: ReadyRow, id: string | undefined, context: RequestContext): SessionRequest {
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
      headers: { ...headers, ...JSON_BODY, ...capabilities.write.updateOnly },
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
