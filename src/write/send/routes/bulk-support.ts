import type { BulkMessage } from '../../../capabilities/capabilities.ts'
import type { Table } from '../../../catalog/table.ts'
import { ServiceError } from '../../../core/errors.ts'
import type { Session } from '../../../service/session.ts'

/** `unknown`: the environment does not tell, e.g. because the user may not read its list of messages. */
export type Support = 'yes' | 'no' | 'unknown'

/**
 * What was learned in each session, by message and table; tables do not change that while it lasts. A session with
 * further headers is another object that tells the same limits.
 */
const learned = new WeakMap<Session['limits'], Map<string, Support>>()

/** Does the table take the message? Rejects where the environment cannot be asked at all. */
export async function bulkSupport(session: Session, question: Question): Promise<Support> {
  const answers = learned.get(session.limits) ?? new Map<string, Support>()
  learned.set(session.limits, answers)
  const name = `${question.message.name} ${question.table.name}`
  const support = answers.get(name) ?? (await ask(session, question))
  answers.set(name, support)
  return support
}

interface Question {
  readonly table: Table
  readonly message: BulkMessage
  readonly signal: AbortSignal | undefined
}

async function ask(session: Session, { table, message, signal }: Question): Promise<Support> {
  const { support } = session.capabilities.write.bulk
  try {
    for (const needed of message.needs) {
      const { body } = await session.request({ method: 'GET', path: support(needed, table.name), signal })
      const rows = rowsIn(body)
      if (!rows) return 'unknown'
      if (rows.length === 0) return 'no'
    }
    return 'yes'
  } catch (error) {
    if (error instanceof ServiceError && UNTOLD.includes(error.status)) return 'unknown'
    throw error
  }
}

/** Not allowed to ask, or nobody there who understands the question. */
const UNTOLD: readonly number[] = [400, 403, 404, 501]

function rowsIn(bytes: Uint8Array): readonly unknown[] | undefined {
  const body: unknown = JSON.parse(new TextDecoder().decode(bytes))
  const value = typeof body === 'object' && body !== null && 'value' in body ? body.value : undefined
  return Array.isArray(value) ? value : undefined
}
