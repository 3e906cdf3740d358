import type { Capabilities } from '../../capabilities/capabilities.ts'
import type { Table } from '../../catalog/table.ts'
import { parseGuid } from '../../core/guid.ts'
import type { WriteMode } from '../options.ts'
import type { AcceptedAction } from '../outcome.ts'
import type { WriteItem } from '../request/write-item.ts'
import { type Answer, isBusy, isFateUnknown } from './answer.ts'

export type Verdict =
  | { readonly kind: 'accepted'; readonly action: AcceptedAction; readonly id: string | undefined }
  | {
      readonly kind: 'rejected'
      readonly code: string
      readonly message: string
      readonly column?: string
    }
  | { readonly kind: 'again'; readonly waitMs: number | undefined; readonly executed: 'no' | 'unknown' }
  /** The key is taken, perhaps by this very row at an earlier attempt: look. */
  | { readonly kind: 'look'; readonly otherwise: Rejection }

export type Rejection = Extract<Verdict, { kind: 'rejected' }>

export interface JudgeContext {
  readonly table: Table
  readonly mode: WriteMode
  readonly capabilities: Capabilities
}

/**
 * What one answer means for its row. A row that is gone counts as deleted only where an earlier attempt may have
 * deleted it; whether it was there before that attempt, nobody can tell any more.
 */
export function judge(item: WriteItem, answer: Answer, context: JudgeContext): Verdict {
  const { mode, capabilities } = context
  if (answer.status < 400)
    return { kind: 'accepted', action: actionOf(mode, answer), id: item.id ?? answeredId(answer, context) }
  if (isBusy(answer) || isLimit(answer, capabilities))
    return { kind: 'again', waitMs: answer.retryAfterMs, executed: 'no' }
  if (isFateUnknown(answer)) return { kind: 'again', waitMs: answer.retryAfterMs, executed: 'unknown' }
  const rejection = rejectionOf(answer, context)
  if (mode === 'delete' && item.uncertain && isGone(answer, capabilities))
    return { kind: 'accepted', action: 'deleted', id: item.id }
  const taken = mode === 'insert' && capabilities.codes.duplicateKey.includes(answer.code)
  if (taken && (item.ownId || (item.uncertain && item.id !== undefined)))
    return { kind: 'look', otherwise: rejection }
  return rejection
}

/** Inside a batch a limit is seen with other statuses than 429. */
function isLimit({ code }: Answer, { limits }: Capabilities): boolean {
  return Object.values(limits.codes).includes(code)
}

function actionOf(mode: WriteMode, { status }: Answer): AcceptedAction {
  if (mode === 'insert') return 'created'
  if (mode === 'delete') return 'deleted'
  return mode === 'upsert' && status === 201 ? 'created' : 'updated'
}

function answeredId({ body, headers }: Answer, { table }: JudgeContext): string | undefined {
  const inBody = body[table.primaryKey]
  if (typeof inBody === 'string') return parseGuid(inBody)
  const inUrl = /\(([0-9a-f-]{36})\)$/i.exec(headers['odata-entityid'] ?? headers.location ?? '')?.[1]
  return inUrl === undefined ? undefined : parseGuid(inUrl)
}

function isGone({ status, code }: Answer, { codes }: Capabilities): boolean {
  return status === 404 || codes.notFound.includes(code)
}

function rejectionOf({ status, code, message }: Answer, { table }: JudgeContext): Rejection {
  const column = namedColumn(message, table)
  return {
    kind: 'rejected',
    code: code || `HTTP ${status}`,
    message,
    ...(column === undefined ? {} : { column }),
  }
}

/** The first name in quotes that is a column of the table. */
function namedColumn(message: string, table: Table): string | undefined {
  for (const [, name] of message.matchAll(/'([A-Za-z_]\w*)'/g)) {
    const column = table.columns.find((candidate) => candidate.name === name || candidate.property === name)
    if (column) return column.name
  }
  return undefined
}
