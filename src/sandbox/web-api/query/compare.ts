import { collationKey, compareGuids, compareText } from '../../collation.ts'
import type { ColumnDefinition, ColumnType } from '../../schema.ts'
import { type Cell, DECIMAL_SCALE, MONEY_SCALE } from '../../store/store.ts'
import type { ApiError } from '../operation.ts'
import type { CompareOperator, Operand } from './expression.ts'
import { syntaxError } from './tokens.ts'

/** Compares cells with literals and with each other, by column type. NULL is handled by the callers. */

/** Negative, 0 or positive. Both cells are of this type. */
export function compareCells(type: ColumnType, a: Cell, b: Cell): number {
  if (typeof a === 'string' && typeof b === 'string') {
    if (isGuidType(type)) return compareGuids(a, b)
    return type === 'DateTime' ? (a < b ? -1 : a > b ? 1 : 0) : compareText(a, b)
  }
  return a < b ? -1 : a > b ? 1 : 0
}

/** NULL sorts before every value. */
export function compareNullable(type: ColumnType, a: Cell | undefined, b: Cell | undefined): number {
  if (a === undefined) return b === undefined ? 0 : -1
  return b === undefined ? 1 : compareCells(type, a, b)
}

export function holds(operator: CompareOperator, order: number): boolean {
  switch (operator) {
    case 'eq':
      return order === 0
    case 'ne':
      return order !== 0
    case 'gt':
      return order > 0
    case 'ge':
      return order >= 0
    case 'lt':
      return order < 0
    case 'le':
      return order <= 0
  }
}

/** Orders a cell of `column` against a literal: built once per filter, called once per row. */
export function literalOrder(
  column: ColumnDefinition,
  operator: CompareOperator,
  literal: Operand,
): (cell: Cell) => number {
  const { type } = column
  switch (type) {
    case 'Decimal':
      return scaledOrder(numberOf(column, operator, literal), DECIMAL_SCALE)
    case 'Money':
      return scaledOrder(numberOf(column, operator, literal), MONEY_SCALE)
    case 'BigInt':
      return scaledOrder(numberOf(column, operator, literal), 0)
    case 'Integer':
    case 'Double':
    case 'Picklist':
    case 'State':
    case 'Status': {
      const wanted = Number(numberOf(column, operator, literal))
      return (cell) => Number(cell) - wanted
    }
    case 'Boolean': {
      const wanted = booleanOf(column, operator, literal)
      return (cell) => Number(cell) - Number(wanted)
    }
    case 'DateTime': {
      const wanted = dateOf(column, operator, literal)
      // Cells have whole seconds: what equals the second of a literal with a fraction comes before it.
      const same = literal.kind === 'date' && /\.\d*[1-9]/.test(literal.value) ? -1 : 0
      return (cell) => (String(cell) < wanted ? -1 : String(cell) > wanted ? 1 : same)
    }
    default:
      return textOrder(column, operator, literal)
  }
}

function textOrder(
  column: ColumnDefinition,
  operator: CompareOperator,
  literal: Operand,
): (cell: Cell) => number {
  if (isGuidType(column.type)) {
    if (literal.kind !== 'guid') throw incompatible(edmType(column), operator, literal)
    const wanted = literal.value
    return (cell) => compareGuids(String(cell), wanted)
  }
  if (literal.kind !== 'text') throw incompatible(edmType(column), operator, literal)
  const wanted = column.type === 'MultiSelectPicklist' ? normalChoices(literal.value) : literal.value
  if (operator === 'eq' || operator === 'ne') {
    const key = collationKey(wanted)
    return (cell) => (collationKey(String(cell)) === key ? 0 : 1)
  }
  return (cell) => compareText(String(cell), wanted)
}

/** A cell scaled by 10^scale against digits of any length, exactly. */
function scaledOrder(digits: string, scale: number): (cell: Cell) => number {
  const { value, scale: own } = parseDigits(digits)
  const up = 10n ** BigInt(Math.max(0, own - scale))
  const wanted = value * 10n ** BigInt(Math.max(0, scale - own))
  return (cell) => {
    const left = BigInt(typeof cell === 'bigint' ? cell : Math.trunc(Number(cell))) * up
    return left < wanted ? -1 : left > wanted ? 1 : 0
  }
}

export function parseDigits(text: string): { readonly value: bigint; readonly scale: number } {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text)
  if (!match) throw syntaxError(`Unrecognized '${text}' literal.`)
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  const scale = fraction.length - Number(exponent)
  const value = BigInt(`${sign}${whole}${fraction}`)
  return scale >= 0 ? { value, scale } : { value: value * 10n ** BigInt(-scale), scale: 0 }
}

function numberOf(column: ColumnDefinition, operator: CompareOperator, literal: Operand): string {
  if (literal.kind === 'number') return literal.value
  throw incompatible(edmType(column), operator, literal)
}

function booleanOf(column: ColumnDefinition, operator: CompareOperator, literal: Operand): boolean {
  if (literal.kind === 'boolean') return literal.value
  throw incompatible(edmType(column), operator, literal)
}

function dateOf(column: ColumnDefinition, operator: CompareOperator, literal: Operand): string {
  if (literal.kind === 'date') return dateCell(column, literal.value)
  throw incompatible(edmType(column), operator, literal)
}

/** A date or moment as the column stores it: days as days, moments in UTC with whole seconds. */
export function dateCell({ dateBehavior }: ColumnDefinition, text: string): string {
  if (dateBehavior === 'DateOnly') return text.slice(0, 10)
  const moment = text.includes('T') ? text : `${text}T00:00:00`
  const ms = Date.parse(/(?:Z|[+-]\d{2}:\d{2})$/i.test(moment) ? moment : `${moment}Z`)
  if (Number.isNaN(ms)) throw syntaxError(`Unrecognized 'Edm.DateTimeOffset' literal '${text}'.`)
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** `"1, 9"` and `"9,1"` are the same choices. */
function normalChoices(text: string): string {
  return text
    .split(',')
    .map((value) => Number(value.trim()))
    .sort((a, b) => a - b)
    .join(',')
}

export function isGuidType(type: ColumnType): boolean {
  return ['Uniqueidentifier', 'Lookup', 'Customer', 'Owner', 'File'].includes(type)
}

const OPERATOR_NAMES: Readonly<Record<CompareOperator, string>> = {
  eq: 'Equal',
  ne: 'NotEqual',
  gt: 'GreaterThan',
  ge: 'GreaterThanOrEqual',
  lt: 'LessThan',
  le: 'LessThanOrEqual',
}

export function incompatible(type: string, operator: CompareOperator, literal: Operand): ApiError {
  return syntaxError(
    `A binary operator with incompatible types was detected. Found operand types '${type}' and '${literalType(literal)}' for operator kind '${OPERATOR_NAMES[operator]}'.`,
  )
}

export function edmType({ type, dateBehavior }: ColumnDefinition): string {
  if (isGuidType(type)) return 'Edm.Guid'
  switch (type) {
    case 'Integer':
    case 'Picklist':
    case 'State':
    case 'Status':
      return 'Edm.Int32'
    case 'BigInt':
      return 'Edm.Int64'
    case 'Decimal':
    case 'Money':
      return 'Edm.Decimal'
    case 'Double':
      return 'Edm.Double'
    case 'Boolean':
      return 'Edm.Boolean'
    case 'DateTime':
      return dateBehavior === 'DateOnly' ? 'Edm.Date' : 'Edm.DateTimeOffset'
    case 'Image':
      return 'Edm.Binary'
    default:
      return 'Edm.String'
  }
}

function literalType(literal: Operand): string {
  switch (literal.kind) {
    case 'text':
      return 'Edm.String'
    case 'number':
      return literal.value.includes('.') ? 'Edm.Decimal' : 'Edm.Int32'
    case 'boolean':
      return 'Edm.Boolean'
    case 'guid':
      return 'Edm.Guid'
    case 'date':
      return 'Edm.DateTimeOffset'
    case 'enum':
      return literal.type
    default:
      return 'Edm.Untyped'
  }
}
