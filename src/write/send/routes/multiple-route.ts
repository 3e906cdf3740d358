import type { BulkMessage, Capabilities } from '../../../capabilities/capabilities.ts'
import { type D365Error, ServiceError } from '../../../core/errors.ts'
import type { ReadyRow } from '../../check/resolve-lookups.ts'
import { bulkRequest } from '../../request/bulk-request.ts'
import type { WriteItem } from '../../request/write-item.ts'
import { type Answer, readAnswer } from '../answer.ts'
import { isAboutTheRow } from '../failure.ts'
import type { FetchMany } from '../fetch-many.ts'
import { failedRows } from './failed-rows.ts'
import { answered, type Route, type RowReply } from './route.ts'
import type { RouteContext } from './single-route.ts'

export interface MultipleRouteContext extends RouteContext {
  readonly fetchMany: FetchMany
  /** Told when the service does not know the message after all. */
  readonly onUnknown: () => void
  readonly onManyHalvings: () => void
}

/** A batch tells so few rows apart in one request; halving them further takes more. */
const HAND_ON_ROWS = 8

/**
 * CreateMultiple and its like: one message, one answer for all rows. On standard tables it is one transaction, so
 * a refusal wrote nothing and halving finds the rows to blame; on elastic ones the error lists the rows that failed.
 */
export function multipleRoute(message: BulkMessage, context: MultipleRouteContext, next: Route): Route {
  const { session, carry, table, clock, signal, capabilities } = context
  const { bulk } = capabilities.write
  const isTransaction = bulk.transaction(table.kind)
  const isThere = existence(context)
  return {
    name: 'multiple',
    maxRows: bulk.rows(table.kind).most,
    handOnRows: HAND_ON_ROWS,
    mostHalvings: (rows) => 1 + Math.ceil(Math.log2(Math.max(1, rows / HAND_ON_ROWS))),
    next,
    onManyHalvings: context.onManyHalvings,
    refusal(error) {
      if (isUnknown(error, capabilities)) {
        context.onUnknown()
        return { executed: false, halve: false, keyTaken: false }
      }
      if (!isAboutTheRow(error)) return undefined
      const keyTaken = capabilities.codes.duplicateKey.includes(error.serviceCode.toLowerCase())
      // Where rows stand alone, some are in and some are not: halving would only write them again.
      return { executed: !isTransaction, halve: isTransaction, keyTaken }
    },
    requests: (items) => [bulkRequest(message, items, context)],
    async carry(items) {
      const known = await isThere(items)
      const sent = items.filter((item) => known(item) !== 'untold')
      if (sent.length === 0) return items.map(() => UNTOLD)
      let failed: ReadonlyMap<number, Answer | undefined> = new Map()
      let answer: Answer | undefined
      try {
        const request = {
          ...bulkRequest(message, sent, context),
          repeatable: false,
          patient: false,
          signal,
        }
        answer = readAnswer(await carry(() => session.request(request), sent.length), clock.now())
      } catch (error) {
        const listed = error instanceof ServiceError && !isTransaction ? failedRows(error, bulk) : undefined
        if (!listed) throw error
        failed = listed
      }
      const ids = Array.isArray(answer?.body.Ids) ? answer.body.Ids : []
      const places = new Map(sent.map((item, at) => [item, at]))
      return items.map((item) => {
        const at = places.get(item)
        if (at === undefined) return UNTOLD
        const refused = failed.get(at)
        if (refused) return answered(refused)
        return failed.has(at) ? UNTOLD : answered(success(known(item), ids[at]))
      })
    },
  }

  function success(known: Known, answeredId: unknown): Answer {
    const id = (typeof known === 'object' ? known.id : undefined) ?? answeredId
    return {
      status: context.mode === 'upsert' ? (known === 'missing' ? 201 : 200) : 204,
      headers: {},
      body: typeof id === 'string' ? { [table.primaryKey]: id } : {},
      code: '',
      message: '',
      retryAfterMs: undefined,
    }
  }
}

const UNTOLD: RowReply = { kind: 'untold', executed: false }

/** The service does not know the message for this table, whatever its metadata says. */
function isUnknown(error: D365Error, { codes }: Capabilities): boolean {
  if (!(error instanceof ServiceError)) return false
  const { status, serviceCode } = error
  if (status === NOT_FOUND) return codes.unknownResource.includes(serviceCode.toLowerCase())
  return status === METHOD_NOT_ALLOWED || status === NOT_IMPLEMENTED
}

const NOT_FOUND = 404
const METHOD_NOT_ALLOWED = 405
const NOT_IMPLEMENTED = 501

/** What is known of a row before it is sent; only an upsert asks. */
type Known = { readonly id: string | undefined } | 'missing' | 'untold'

/**
 * UpsertMultiple does not say what it created and what it updated, so its rows are looked up before they first
 * leave, and what was found then stands: after a lost answer they may be there because of us.
 */
function existence({ mode, table, fetchMany }: MultipleRouteContext) {
  const asked = new WeakMap<ReadyRow, Known>()
  return async (items: readonly WriteItem[]): Promise<(item: WriteItem) => Known> => {
    if (mode !== 'upsert') return () => ({ id: undefined })
    const open = items.filter(({ ready }) => !asked.has(ready))
    const answers = await fetchMany(
      open.map(({ ready }) => `${table.entitySet}${ready.key?.path ?? ''}?$select=${table.primaryKey}`),
    )
    open.forEach(({ ready }, at) => {
      const answer = answers[at]
      if (answer?.kind === 'missing') asked.set(ready, 'missing')
      else if (answer?.kind === 'found') asked.set(ready, { id: idIn(answer.body[table.primaryKey]) })
      else asked.set(ready, 'untold')
    })
    return ({ ready }) => asked.get(ready) ?? 'untold'
  }
}

function idIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value.toLowerCase() : undefined
}
