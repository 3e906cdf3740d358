import type { Cell } from '../../store/store.ts'
import { holds, literalOrder } from '../query/compare.ts'
import { likePattern } from '../query/like.ts'
import { isQueryFunction, type QueryFunctionCall, queryFunction } from '../query/query-functions.ts'
import { literalOf } from '../query/query-literal.ts'
import { fetchError } from './fetch-error.ts'

/** Operators of FetchXML conditions as tests of a cell. NULL passes only the negative ones, `null` among them. */
export function operatorTest(operator: string, call: QueryFunctionCall): (cell: Cell | undefined) => boolean {
  const { column, values } = call
  const [value = ''] = values
  const compare = COMPARISONS.get(operator)
  if (compare) {
    const order = literalOrder(column, compare, literalOf(column, value))
    const forNull = compare === 'ne'
    return (cell) => (cell === undefined ? forNull : holds(compare, order(cell)))
  }
  const text = TEXT_PATTERNS.get(operator)
  if (text) {
    const matches = likePattern(text.pattern(value))
    return (cell) => (typeof cell === 'string' ? matches(cell) !== text.negative : text.negative)
  }
  if (operator === 'null' || operator === 'eq-null') return (cell) => cell === undefined
  if (operator === 'not-null' || operator === 'ne-null') return (cell) => cell !== undefined
  const named = NAMED.get(operator) ?? pascalCase(operator)
  if (!isQueryFunction(named)) throw fetchError(`Invalid operator specified: ${operator}`)
  return queryFunction(named, call)
}

const COMPARISONS: ReadonlyMap<string, 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le'> = new Map(
  Object.entries<'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le'>({
    eq: 'eq',
    ne: 'ne',
    neq: 'ne',
    gt: 'gt',
    ge: 'ge',
    lt: 'lt',
    le: 'le',
  }),
)

interface TextPattern {
  readonly pattern: (value: string) => string
  readonly negative: boolean
}

const TEXT_PATTERNS: ReadonlyMap<string, TextPattern> = new Map(
  Object.entries<TextPattern>({
    like: { pattern: (value) => value, negative: false },
    'not-like': { pattern: (value) => value, negative: true },
    'begins-with': { pattern: (value) => `${value}%`, negative: false },
    'not-begin-with': { pattern: (value) => `${value}%`, negative: true },
    'ends-with': { pattern: (value) => `%${value}`, negative: false },
    'not-end-with': { pattern: (value) => `%${value}`, negative: true },
  }),
)

/** Operators whose names differ from those of the query functions by more than their spelling. */
const NAMED: ReadonlyMap<string, string> = new Map(
  Object.entries<string>({
    'last-seven-days': 'Last7Days',
    'next-seven-days': 'Next7Days',
    'eq-userid': 'EqualUserId',
    'ne-userid': 'NotEqualUserId',
    'eq-businessid': 'EqualBusinessId',
    'ne-businessid': 'NotEqualBusinessId',
    'eq-userteams': 'EqualUserTeams',
    'eq-useroruserteams': 'EqualUserOrUserTeams',
    'eq-useroruserhierarchy': 'EqualUserOrUserHierarchy',
    'eq-useroruserhierarchyandteams': 'EqualUserOrUserHierarchyAndTeams',
    'eq-userlanguage': 'EqualUserLanguage',
    'contain-values': 'ContainValues',
    'not-contain-values': 'DoesNotContainValues',
    'eq-or-above': 'AboveOrEqual',
    'eq-or-under': 'UnderOrEqual',
    'not-under': 'NotUnder',
    'olderthan-x-minutes': 'OlderThanXMinutes',
    'olderthan-x-hours': 'OlderThanXHours',
    'olderthan-x-days': 'OlderThanXDays',
    'olderthan-x-weeks': 'OlderThanXWeeks',
    'olderthan-x-months': 'OlderThanXMonths',
    'olderthan-x-years': 'OlderThanXYears',
  }),
)

/** `last-x-days` is `LastXDays`. */
function pascalCase(operator: string): string {
  return operator
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
}
