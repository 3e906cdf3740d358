import type { D365Error } from '../../../core/errors.ts'
import type { SessionRequest } from '../../../service/session.ts'
import type { WriteItem } from '../../request/write-item.ts'
import type { Answer } from '../answer.ts'

/** One way for rows to the service: rows in, requests out, an answer for each row back. */
export interface Route {
  readonly name: 'multiple' | 'batch' | 'single'
  /** Rows in one request, at most. */
  readonly maxRows: number
  /** What it would send for rows. */
  requests(items: readonly WriteItem[]): readonly SessionRequest[]
  /** Sends rows in one request; a reply for each, in their order. Rejects where there is no answer for each. */
  carry(items: readonly WriteItem[]): Promise<readonly RowReply[]>
  /** Does this failure refuse what the request held, and not the user or the service's help altogether? */
  refusal(error: D365Error): Refusal | undefined
  /** A refused request with at most so many rows is not halved any more: the next route tells the rows apart. */
  readonly handOnRows: number
  /** Halvings after which the rest of `rows` rows goes to the next route, so that many bad rows cost no flood. */
  readonly mostHalvings: (rows: number) => number
  /** Told when they were reached. */
  readonly onManyHalvings?: () => void
  /** Takes the rows that this one cannot settle. The last route settles every row. */
  readonly next: Route | undefined
}

export type RowReply =
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** Not written, or (`executed`) perhaps; the next route tells. */
  | { readonly kind: 'untold'; readonly executed: boolean }

export interface Refusal {
  /** May rows of it have been written all the same? */
  readonly executed: boolean
  /** Is one of the rows to blame? Otherwise the next route takes all of them. */
  readonly halve: boolean
  /** A key was taken, perhaps by a row of an earlier attempt. */
  readonly keyTaken: boolean
}

/** The reply of a row that was answered for itself. */
export function answered(answer: Answer): RowReply {
  return { kind: 'answer', answer }
}
