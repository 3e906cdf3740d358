import { explainText, type Measured, measuredPlan, type SqlPlan } from '../connect.ts'

export interface PlanTextOptions {
  readonly json: boolean
  /** What it cost, where it was run. */
  readonly measured?: Measured | undefined
}

/** A plan as it is printed: a tree for people, one document for programs. */
export function planText(plan: SqlPlan, { json, measured }: PlanTextOptions): string {
  return json
    ? `${JSON.stringify(measuredPlan(plan, measured), null, 2)}\n`
    : `${explainText(plan, measured).join('\n')}\n`
}
