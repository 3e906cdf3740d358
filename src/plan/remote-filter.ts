import type { Choice, Column, ColumnType } from '../catalog/table.ts'
import {
  anyOf,
  type Comparison,
  type Condition,
  type ConditionColumn,
  countConditions,
  isOneOf,
} from '../odata/condition.ts'
import { type Fields, listOf, namesOf, nodeOf } from './ast.ts'
import { constantPattern, likePattern } from './like.ts'
import { type Literal, literalOf } from './literal.ts'
import { type RemoteValue, remoteValue } from './remote-value.ts'
import type { Scan } from './scan.ts'
import type { Uses } from './scope.ts'

/**
 * A condition on one table as the service takes it. The remote filter may let through rows the condition does not (the
 * engine applies it again), and never the other way round.
 */
export interface RemoteFilter {
  readonly condition: Condition
  /** Does the service keep exactly the rows the engine would? */
  readonly exact: boolean
  /** Is it never true of a row whose columns are all NULL? */
  readonly rejectsNull: boolean
}

export interface FilterContext {
  readonly scan: Scan
  readonly uses: Uses
}

/** Why a condition stays here. */
export interface Refusal {
  readonly refused: string
}

export type Translation = RemoteFilter | Refusal

export function isRefused(translation: Translation): translation is Refusal {
  return 'refused' in translation
}

const refuse = (refused: string): Refusal => ({ refused })

/**
 * Conditions of one filter, of the 500 the service takes: room is left for the values of another table that may be asked by.
 */
export const MAX_CONDITIONS = 400

/** How many conditions a filter has. */
export function conditionsIn({ condition }: RemoteFilter): number {
  return countConditions([condition])
}

export function translate(node: unknown, context: FilterContext): Translation {
  const translation = translateNode(node, context)
  if (isRefused(translation) || conditionsIn(translation) <= MAX_CONDITIONS) return translation
  return refuse(`it has more than ${MAX_CONDITIONS} conditions`)
}

function translateNode(node: unknown, context: FilterContext): Translation {
  const bool = nodeOf(node, 'BoolExpr')
  if (bool) return translateBool(bool, context)
  const nullTest = nodeOf(node, 'NullTest')
  if (nullTest) return translateNullTest(nullTest, context)
  const expression = nodeOf(node, 'A_Expr')
  if (expression) return translateExpression(expression, context)
  const column = columnOf(node, context)
  if (column?.own?.type === 'boolean') return isBoolean(column, true)
  return refuse('this kind of condition has no remote form')
}

function translateBool({ boolop, args }: Fields, context: FilterContext): Translation {
  const parts = listOf(args).map((arg) => translateNode(arg, context))
  if (boolop === 'NOT_EXPR') {
    const [only] = listOf(args)
    const column = columnOf(only, context)
    if (column?.own?.type === 'boolean') return isBoolean(column, false)
    return refuse('NOT turns rows with NULL around differently at the service')
  }
  const refused = parts.find(isRefused)
  const filters = parts.filter((part): part is RemoteFilter => !isRefused(part))
  if (boolop === 'OR_EXPR') {
    if (refused) return refused
    return {
      condition: { kind: 'any', of: filters.map(({ condition }) => condition) },
      exact: filters.every(({ exact }) => exact),
      rejectsNull: filters.every(({ rejectsNull }) => rejectsNull),
    }
  }
  // Of an AND the parts that can be sent already narrow it.
  if (filters.length === 0) return refused ?? refuse('empty condition')
  return {
    condition: { kind: 'all', of: filters.map(({ condition }) => condition) },
    exact: refused === undefined && filters.every(({ exact }) => exact),
    rejectsNull: filters.some(({ rejectsNull }) => rejectsNull),
  }
}

function translateNullTest({ arg, nulltesttype }: Fields, context: FilterContext): Translation {
  const column = columnOf(arg, context)
  if (!column) return refuse('NULL is tested of an expression')
  const isNull = nulltesttype === 'IS_NULL'
  // A value may have no label.
  if (isNull && !column.own) return refuse('a label may be NULL where its column is not')
  return {
    condition: { kind: 'null', column: conditionColumn(column), isNull },
    exact: column.own !== undefined,
    rejectsNull: !isNull,
  }
}

function translateExpression(expression: Fields, context: FilterContext): Translation {
  const [operator = ''] = namesOf(expression.name).slice(-1)
  switch (expression.kind) {
    case 'AEXPR_OP':
      return translateComparison(operator, expression, context)
    case 'AEXPR_IN':
      return translateIn(operator, expression, context)
    case 'AEXPR_BETWEEN':
      return translateBetween(expression, context)
    case 'AEXPR_LIKE':
    case 'AEXPR_ILIKE':
      return operator.startsWith('!')
        ? refuse('NOT LIKE keeps rows with NULL at the service')
        : translateLike(expression, context)
    default:
      return refuse('this operator has no remote form')
  }
}

const OPERATORS: Readonly<Record<string, Comparison>> = {
  '=': 'eq',
  '<>': 'ne',
  '<': 'lt',
  '<=': 'le',
  '>': 'gt',
  '>=': 'ge',
}
const MIRRORED: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' }

function translateComparison(
  operator: string,
  { lexpr, rexpr }: Fields,
  context: FilterContext,
): Translation {
  const left = columnOf(lexpr, context)
  const right = columnOf(rexpr, context)
  if (left && right) return refuse('two columns are compared')
  if (left) return compare(left, operator, { literal: literalOf(rexpr) })
  if (right) return compare(right, MIRRORED[operator] ?? operator, { literal: literalOf(lexpr) })
  return refuse('no column is compared with a constant')
}

function compare(
  column: RemoteColumn,
  operator: string,
  { literal }: { literal: Literal | undefined },
): Translation {
  const remote = OPERATORS[operator]
  if (remote === undefined) return refuse(`the operator ${operator} has no remote form`)
  if (literal === undefined) return refuse('what it is compared with is not a constant')
  if (literal.kind === 'null') return refuse('a comparison with NULL is never true')
  if (column.labels) return compareLabel(column, operator, literal)
  if (!column.own) return refuse('labels of lookups and of several choices cannot be filtered by')
  const value = remoteValue(column.own, literal)
  if (value === undefined) return refuse(`the constant does not compare with ${column.own.type} remotely`)
  return compareValue(conditionColumn(column), { type: column.own.type, remote, value })
}

function compareValue(
  column: ConditionColumn,
  {
    type,
    remote,
    value,
  }: { readonly type: ColumnType; readonly remote: Comparison; readonly value: RemoteValue },
): Translation {
  const { kind, text, floor = text, ceiling = text } = value
  const ordered = remote !== 'eq' && remote !== 'ne'
  if (ordered && (type === 'guid' || type === 'lookup' || type === 'boolean'))
    return refuse(`${type} values are ordered differently at the service`)
  if (ordered && isText(type)) return refuse('texts are ordered differently at the service')
  if (remote === 'ne' && isText(type)) return refuse('trailing blanks do not count at the service')
  const condition = (operator: Comparison, bound: string): Condition => ({
    kind: 'compare',
    column,
    operator,
    value: { kind, text: bound },
  })
  const between = floor !== ceiling
  if (remote === 'ne')
    return between
      ? refuse('the service keeps whole seconds')
      : {
          // The service lets NULL through, the engine does not.
          condition: {
            kind: 'all',
            of: [condition('ne', text), { kind: 'null', column, isNull: false }],
          },
          exact: true,
          rejectsNull: true,
        }
  if (remote === 'eq' && between)
    return {
      condition: { kind: 'all', of: [condition('ge', floor), condition('le', ceiling)] },
      exact: false,
      rejectsNull: true,
    }
  const bound = remote === 'gt' || remote === 'ge' ? floor : remote === 'eq' ? text : ceiling
  const operator = between && remote === 'gt' ? 'ge' : between && remote === 'lt' ? 'le' : remote
  // Trailing blanks do not count for the service.
  return { condition: condition(operator, bound), exact: !isText(type) && !between, rejectsNull: true }
}

function isText(type: ColumnType): boolean {
  return type === 'string' || type === 'memo'
}

/** A label means the values that carry it. */
function compareLabel(column: RemoteColumn, operator: string, literal: Literal): Translation {
  if (operator !== '=' || literal.kind !== 'text') return refuse('labels are compared by = only')
  const values = (column.labels ?? [])
    .filter(({ label }) => plain(label) === plain(literal.text))
    .map(({ value }) => (column.yesNo ? String(value === 1) : String(value)))
  if (values.length === 0) return refuse('no choice has that label')
  const condition = isOneOf(
    conditionColumn(column),
    values.map((text) => ({ kind: 'plain', text })),
  )
  return { condition, exact: true, rejectsNull: true }
}

/** As the engine compares: without case and accents. */
function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
}

function translateIn(operator: string, { lexpr, rexpr }: Fields, context: FilterContext): Translation {
  const column = columnOf(lexpr, context)
  if (!column) return refuse('IN is not asked of a column')
  if (operator === '<>') return refuse('NOT IN keeps rows with NULL at the service')
  const items = listOf(nodeOf(rexpr, 'List')?.items).map(literalOf)
  const parts = items
    .filter((item) => item?.kind !== 'null')
    .map((literal) => compare(column, '=', { literal }))
  const refused = parts.find(isRefused)
  if (refused) return refused
  const filters = parts.filter((part): part is RemoteFilter => !isRefused(part))
  if (filters.length === 0) return refuse('the list has no values')
  return {
    condition: anyOf(filters.map(({ condition }) => condition)),
    exact: filters.every(({ exact }) => exact),
    rejectsNull: true,
  }
}

function translateBetween(expression: Fields, context: FilterContext): Translation {
  const [low, high] = listOf(nodeOf(expression.rexpr, 'List')?.items)
  const column = columnOf(expression.lexpr, context)
  if (!column) return refuse('BETWEEN is not asked of a column')
  const parts = [
    compare(column, '>=', { literal: literalOf(low) }),
    compare(column, '<=', { literal: literalOf(high) }),
  ]
  const filters = parts.filter((part): part is RemoteFilter => !isRefused(part))
  if (filters.length === 0) return parts.find(isRefused) ?? refuse('')
  return {
    condition: { kind: 'all', of: filters.map(({ condition }) => condition) },
    exact: filters.length === 2 && filters.every(({ exact }) => exact),
    rejectsNull: true,
  }
}

/** The fixed beginning, end or middle of a pattern; the engine matches the whole of it. */
function translateLike({ lexpr, rexpr }: Fields, context: FilterContext): Translation {
  const column = columnOf(lexpr, context)
  const pattern = constantPattern(likePattern(rexpr))
  if (!column?.own || !isText(column.own.type)) return refuse('LIKE is not asked of a text column')
  if (!pattern) return refuse('the pattern is not a constant')
  const pieces = piecesOf(pattern)
  const [first = ''] = pieces
  const last = pieces.at(-1) ?? ''
  const own = conditionColumn(column)
  const widened = (condition: Condition): Translation => ({ condition, exact: false, rejectsNull: true })
  if (pieces.length === 1)
    return widened({ kind: 'compare', column: own, operator: 'eq', value: { kind: 'text', text: first } })
  const part = (at: 'start' | 'end' | 'anywhere', text: string): Condition[] =>
    text === '' ? [] : [{ kind: 'part', column: own, at, text }]
  const parts = [
    ...part('start', first),
    ...part('end', last),
    ...pieces.slice(1, -1).flatMap((piece) => part('anywhere', piece)),
  ]
  const [only, more] = parts
  if (!only) return widened({ kind: 'null', column: own, isNull: false })
  return widened(more ? { kind: 'all', of: parts } : only)
}

/** The fixed texts between the wildcards of a pattern; an escaped wildcard is a fixed character. */
function piecesOf({ text, escapedBy }: { readonly text: string; readonly escapedBy: string }): string[] {
  const pieces = ['']
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === escapedBy) pieces[pieces.length - 1] += text.charAt(++at)
    else if (character === '%' || character === '_') pieces.push('')
    else pieces[pieces.length - 1] += character
  }
  return pieces
}

interface RemoteColumn extends ConditionColumn {
  /** The column of the table; undefined for a label or the table of a lookup. */
  readonly own: Column | undefined
  /** Choices, where it is the label of one. */
  readonly labels: readonly Choice[] | undefined
  /** Is it the label of a boolean? */
  readonly yesNo: boolean
}

/** The column a reference means, where it is one of this scan. */
function columnOf(node: unknown, { scan, uses }: FilterContext): RemoteColumn | undefined {
  const reference = nodeOf(node, 'ColumnRef')
  const use = reference && uses.get(reference)
  if (!use || use.scan !== scan) return undefined
  const output = scan.columns.get(use.column)
  if (!output) return undefined
  const own = scan.table.columns.find(({ name }) => name === use.column)
  if (own) return { ...conditionColumn(own), own, labels: undefined, yesNo: false }
  const property = output.property.replace(/@.*$/, '')
  const of = scan.table.columns.find((column) => column.property === property)
  const labels = output.read instanceof Map && of?.type !== 'choices' ? of?.choices : undefined
  return { name: of?.name ?? use.column, property, own: undefined, labels, yesNo: of?.type === 'boolean' }
}

function conditionColumn({ name, property }: ConditionColumn): ConditionColumn {
  return { name, property }
}

/** A yes/no column as a condition of its own. */
function isBoolean(column: ConditionColumn, value: boolean): RemoteFilter {
  return {
    condition: isOneOf(conditionColumn(column), [{ kind: 'plain', text: String(value) }]),
    exact: true,
    rejectsNull: true,
  }
}
