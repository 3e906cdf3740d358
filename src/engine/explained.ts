import type { Explain } from '../plan/explain-statement.ts'
import { explainText, type Measured } from './explain-text.ts'
import type { QueryResult } from './run-query.ts'
import type { SqlPlan } from './sql-plan.ts'

/** The answer to EXPLAIN: the plan as rows of text, or as one JSON document, and what it cost where it was run. */
export function explained(
  plan: SqlPlan,
  { format }: Explain,
  ran?: QueryResult,
): QueryResult & { readonly plan: SqlPlan } {
  const lines =
    format === 'json' ? [JSON.stringify(measuredPlan(plan, ran), null, 2)] : explainText(plan, ran)
  return {
    columns: [{ name: 'QUERY PLAN', type: 'VARCHAR' }],
    rows: lines.map((line) => [line]),
    scans: ran?.scans ?? [],
    finished: ran?.finished ?? { rows: 0, ms: 0 },
    plan,
  }
}

/** With each request stands what it cost. */
export function measuredPlan({ requests, ...plan }: SqlPlan, ran?: Measured) {
  if (!ran) return { ...plan, requests }
  const measured = requests.map((request) => ({
    ...request,
    measured: ran.scans.find(({ id }) => id === request.id),
  }))
  return { ...plan, requests: measured, finished: ran.finished }
}
