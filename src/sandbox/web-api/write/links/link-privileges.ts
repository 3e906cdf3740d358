import type { ApiContext } from '../../operation.ts'

/** Pointing a row at another takes Append on the one and AppendTo on the other. */
export interface Link {
  /** Table that holds the lookup. */
  readonly from: string
  readonly to: string
}

/** Whoever may write a row may name its owner, business unit and currency. */
const OPEN_TO_ALL: ReadonlySet<string> = new Set([
  'systemuser',
  'team',
  'businessunit',
  'transactioncurrency',
])

export function demandLink({ from, to }: Link, { demand }: ApiContext): void {
  if (OPEN_TO_ALL.has(to)) return
  demand('Append', from)
  demand('AppendTo', to)
}
