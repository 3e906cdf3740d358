import type { Problem } from '../../server/problem.ts'

/** A failure as the server tells it. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.message)
    this.problem = problem
  }
}

/** Any failure, for people. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem
  return { code: 'BUG', fault: 'bug', message: error instanceof Error ? error.message : String(error) }
}
