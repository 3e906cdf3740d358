import { functionName, listOf, nodeOf, textConstant } from './ast.ts'
import { literalOf } from './literal.ts'

/** What stands right of LIKE. */
export interface LikePattern {
  readonly pattern: unknown
  /** Makes the next character of the pattern a fixed one. An empty text: nothing does. */
  readonly escapedBy: unknown
}

/** PostgreSQL escapes by a backslash unless `ESCAPE` names another character. */
export function likePattern(rexpr: unknown): LikePattern {
  const call = nodeOf(rexpr, 'FuncCall')
  if (!call || functionName(call) !== 'like_escape') return { pattern: rexpr, escapedBy: textConstant('\\') }
  const [pattern, escapedBy] = listOf(call.args)
  return { pattern, escapedBy }
}

/** The texts of a constant pattern and its escape; undefined where one of them has to be computed. */
export function constantPattern({
  pattern,
  escapedBy,
}: LikePattern): { text: string; escapedBy: string } | undefined {
  const [text, by] = [literalOf(pattern), literalOf(escapedBy)]
  return text?.kind === 'text' && by?.kind === 'text' ? { text: text.text, escapedBy: by.text } : undefined
}

/** Does the pattern escape nothing? */
export function isPlainPattern(like: LikePattern): boolean {
  const constant = constantPattern(like)
  return constant !== undefined && (constant.escapedBy === '' || !constant.text.includes(constant.escapedBy))
}
