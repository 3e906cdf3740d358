/**
 * `$batch`: runs inner requests in order. A change set is one transaction; the batch itself is not. The first failure
 * ends the batch and gives it its status, unless the request prefers to go on.
 */
import type { ApiContext, ApiRequest, ApiResponse, Operation } from '../../operation.ts'
import { ApiError } from '../../operation.ts'
import { batchAnswer, type ItemAnswer, type PartAnswer } from './batch-answer.ts'
import { type BatchItem, type ChangeRequest, readBatch } from './batch-content.ts'
import { madeUrl, tableOf } from './content-id.ts'
import { apiRequestOf, type InnerRequest } from './inner-request.ts'

/** `run` answers one inner request; it does not throw. */
export function batchOperation(request: ApiRequest, context: ApiContext, run: Operation): ApiResponse {
  const goOn = /odata\.continue-on-error(?!\s*=\s*false)/i.test(request.headers.get('prefer') ?? '')
  const answers: ItemAnswer[] = []
  for (const item of readBatch(request)) {
    const answer = runItem(item, context, run)
    answers.push(answer)
    const status = 'response' in answer ? answer.response.status : 200
    if (status >= 400 && !goOn) return batchAnswer(status, answers)
  }
  return batchAnswer(200, answers)
}

function runItem(item: BatchItem, context: ApiContext, run: Operation): ItemAnswer {
  if (item.kind === 'changeSet') return runChangeSet(item.requests, context, run)
  const { contentId } = item
  const response = runOne(item.request, { ...context, contentIds: new Map() }, run)
  return { response, ...(contentId === undefined ? {} : { contentId }) }
}

/**
 * All or nothing: a failure leaves one answer, that of the request that failed. Elastic tables know no transactions:
 * what was written to them before the failure stays.
 */
function runChangeSet(requests: readonly ChangeRequest[], context: ApiContext, run: Operation): ItemAnswer {
  const contentIds = new Map<string, string>()
  const perform = ({ contentId, request }: ChangeRequest): PartAnswer => {
    const response = runOne(request, { ...context, contentIds }, run)
    const url = response.status < 400 ? madeUrl(request, response, context) : undefined
    if (url !== undefined) contentIds.set(`$${contentId}`, url)
    return { response, contentId }
  }
  const done: ChangeRequest[] = []
  try {
    const changeSet = context.store.transaction(() =>
      requests.map((change) => {
        const answer = perform(change)
        if (answer.response.status >= 400) throw new ChangeSetFailure(answer)
        done.push(change)
        return answer
      }),
    )
    return { changeSet }
  } catch (error) {
    if (!(error instanceof ChangeSetFailure)) throw error
    for (const change of done) if (tableOf(change.request, context)?.kind === 'Elastic') perform(change)
    return error.answer
  }
}

/** Undoes the transaction of a change set. */
class ChangeSetFailure extends Error {
  readonly answer: PartAnswer
  constructor(answer: PartAnswer) {
    super('A request of the change set failed.')
    this.answer = answer
  }
}

function runOne(
  inner: InnerRequest,
  context: ApiContext & { readonly contentIds: Map<string, string> },
  run: Operation,
): ApiResponse {
  let request: ApiRequest
  try {
    request = apiRequestOf(inner, context.contentIds)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const { status, code, message } = error
    return {
      status,
      headers: { 'Content-Type': 'application/json; odata.metadata=minimal', 'OData-Version': '4.0' },
      body: JSON.stringify({ error: { code, message } }),
    }
  }
  return run(request, context)
}
