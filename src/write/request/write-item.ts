import type { ReadyRow } from '../check/resolve-lookups.ts'
import { rowId } from '../row-id.ts'
import type { RequestContext } from './row-request.ts'

/** One row on its way, and what is known about it. */
export interface WriteItem {
  readonly ready: ReadyRow
  /** Primary key, where it is known before the answer. */
  readonly id: string | undefined
  /** The primary key was made for this run, so a row that has it is ours. */
  readonly ownId: boolean
  /** An earlier request with this row may have been executed. */
  readonly uncertain: boolean
}

export function writeItem(
  ready: ReadyRow,
  uncertain: boolean,
  { mode, capabilities, runId }: Pick<RequestContext, 'mode' | 'capabilities'> & { readonly runId: string },
): WriteItem {
  const ownId = mode === 'insert' && ready.key === undefined && capabilities.write.clientKeys
  return { ready, id: ownId ? rowId(runId, ready.row) : ready.key?.id, ownId, uncertain }
}
