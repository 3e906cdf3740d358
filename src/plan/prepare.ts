import { D365Error } from '../core/errors.ts'
import {
  call,
  cast,
  type Fields,
  functionName,
  isFields,
  listOf,
  namesOf,
  nodeOf,
  positionOf,
  replaceNodes,
  textConstant,
  textOf,
} from './ast.ts'
import { literalOf } from './literal.ts'
import { sqlError } from './parse.ts'
import { postgresSpelling } from './postgres-spellings.ts'

/**
 * A statement without what changes from call to call or is another dialect's: parameters become constants, the time
 * is one moment for the whole statement, functions of T-SQL become PostgreSQL's.
 */
export interface PrepareOptions {
  /** Values of `$1`, `$2` … */
  readonly parameters: readonly SqlParameter[]
  /** ms since 1970. */
  readonly now: number
  /** The statement, for errors that point into it. */
  readonly text: string
}

export type SqlParameter = string | number | bigint | boolean | Date | null

export function prepare(tree: Fields, { parameters, now, text }: PrepareOptions): Fields {
  const moment = new Date(now).toISOString()
  const prepared = replaceNodes(tree, (kind, fields) => {
    switch (kind) {
      case 'ParamRef':
        return parameterNode(fields, { parameters, text })
      case 'SQLValueFunction':
        return timeFunction(textOf(fields.op) ?? '', moment)
      case 'FuncCall':
        return functionNode(fields, { moment, text }) ?? postgresSpelling(kind, fields, text)
      case 'TypeCast':
        return nationalText(fields)
      case 'A_Expr':
        return movedMoment(fields) ?? postgresSpelling(kind, fields, text)
      default:
        return postgresSpelling(kind, fields, text)
    }
  })
  return isFields(prepared) ? prepared : tree
}

function parameterNode(
  fields: Fields,
  { parameters, text }: Pick<PrepareOptions, 'parameters' | 'text'>,
): Fields {
  const index = Number(fields.number ?? 0)
  if (index < 1 || index > parameters.length)
    throw sqlError(`$${index} has no value: ${parameters.length} parameters were given`, {
      text,
      position: positionOf(fields),
      hint: 'Parameters are counted from $1; --parameter takes their values.',
    })
  return constant(parameters[index - 1] ?? null)
}

function constant(value: SqlParameter): Fields {
  if (value === null) return { A_Const: { isnull: true } }
  if (value instanceof Date) return cast(textConstant(value.toISOString()), 'timestamptz')
  if (typeof value === 'boolean') return { A_Const: { boolval: value ? { boolval: true } : {} } }
  if (typeof value === 'string') return textConstant(value)
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new D365Error('INPUT_INVALID', `A parameter is ${value}, which SQL has no number for.`)
  const digits = String(value)
  if (Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31 && !digits.startsWith('-'))
    return { A_Const: { ival: Number(value) === 0 ? {} : { ival: Number(value) } } }
  return { A_Const: { fval: { fval: digits } } }
}

function timeFunction(op: string, moment: string): Fields | undefined {
  if (op === 'SVFOP_CURRENT_DATE') return cast(textConstant(moment.slice(0, 10)), 'date')
  if (/^SVFOP_(CURRENT_TIMESTAMP|LOCALTIMESTAMP)/.test(op)) return cast(textConstant(moment), 'timestamptz')
  return undefined
}

const MOMENTS = new Set([
  'now',
  'transaction_timestamp',
  'statement_timestamp',
  'getdate',
  'getutcdate',
  'sysdatetime',
  'sysutcdatetime',
])

const RENAMED: Readonly<Record<string, string>> = { len: 'length', newid: 'uuid' }

/** Functions people bring from SQL Server. */
function functionNode(
  fields: Fields,
  { moment, text }: { readonly moment: string; readonly text: string },
): Fields | undefined {
  const name = functionName(fields)
  const args = listOf(fields.args)
  if (MOMENTS.has(name) && args.length === 0) return cast(textConstant(moment), 'timestamptz')
  if (name === 'isnull' && args.length === 2) return { CoalesceExpr: { args } }
  if (name === 'dateadd' && args.length === 3) return dateAdd(args, unitOf(args[0], text))
  if (name === 'datediff' && args.length === 3)
    return call('date_diff', unitOf(args[0], text), momentOf(args[1]), momentOf(args[2]))
  if (name === 'datepart' && args.length === 2)
    return call('date_part', unitOf(args[0], text), momentOf(args[1]))
  if (name === 'iif' && args.length === 3) return chosen(args)
  if (name === 'charindex' && args.length === 2) return call('strpos', args[1], args[0])
  const renamed = RENAMED[name]
  return renamed === undefined ? undefined : call(renamed, ...args)
}

const UNITS: Readonly<Record<string, string>> = {
  year: 'year',
  yyyy: 'year',
  yy: 'year',
  quarter: 'quarter',
  qq: 'quarter',
  month: 'month',
  mm: 'month',
  week: 'week',
  wk: 'week',
  day: 'day',
  dd: 'day',
  hour: 'hour',
  hh: 'hour',
  minute: 'minute',
  mi: 'minute',
  second: 'second',
  ss: 'second',
}

/** The unit in `dateadd(day, …)` reads as a column to the parser. */
function unitOf(node: unknown, text: string): Fields {
  const reference = nodeOf(node, 'ColumnRef')
  const name = (namesOf(reference?.fields)[0] ?? literalText(node) ?? '').toLowerCase()
  const unit = UNITS[name]
  if (unit === undefined)
    throw sqlError(`${name || 'That'} is not a unit of time`, {
      text,
      position: positionOf(reference ?? nodeOf(node, 'A_Const') ?? { location: -1 }),
      hint: `Units are ${[...new Set(Object.values(UNITS))].join(', ')}.`,
    })
  return textConstant(unit)
}

/** A bare text where a moment belongs is one. */
function momentOf(node: unknown): unknown {
  const literal = literalOf(node)
  return literal?.kind === 'text' && literal.type === undefined ? cast(node, 'timestamp') : node
}

function chosen([condition, then, otherwise]: readonly unknown[]): Fields {
  return { CaseExpr: { args: [{ CaseWhen: { expr: condition, result: then } }], defresult: otherwise } }
}

function literalText(node: unknown): string | undefined {
  const literal = literalOf(node)
  return literal?.kind === 'text' ? literal.text : undefined
}

function dateAdd([, count, moment]: readonly unknown[], unit: Fields): Fields {
  const name = literalText(unit) ?? ''
  const [part, times] = name === 'quarter' ? ['month', 3] : [name, 1]
  const constant = literalOf(count)
  if (constant?.kind !== 'number' || !/^-?\d{1,6}$/.test(constant.digits))
    return operator(
      '+',
      momentOf(moment),
      operator('*', count, cast(textConstant(`${times} ${part}`), 'interval')),
    )
  const number = Number(constant.digits) * times
  const moved = operator(
    number < 0 ? '-' : '+',
    momentOf(moment),
    cast(textConstant(`${Math.abs(number)} ${part}`), 'interval'),
  )
  return movedMoment(nodeOf(moved, 'A_Expr') ?? {}) ?? moved
}

export function operator(name: string, lexpr: unknown, rexpr: unknown): Fields {
  return { A_Expr: { kind: 'AEXPR_OP', name: [{ String: { sval: name } }], lexpr, rexpr } }
}

/** `N'text'` is a text. */
function nationalText({ arg, typeName }: Fields): Fields | undefined {
  const type = isFields(typeName) ? namesOf(typeName.names).at(-1) : undefined
  const literal = literalOf(arg)
  return type === 'bpchar' && literal?.kind === 'text' && literal.type === undefined
    ? textConstant(literal.text)
    : undefined
}

/** A constant moment plus or minus a constant interval is a constant moment, which can be sent along. */
function movedMoment({ kind, name, lexpr, rexpr }: Fields): Fields | undefined {
  const [sign] = namesOf(name)
  if (kind !== 'AEXPR_OP' || (sign !== '+' && sign !== '-')) return undefined
  const moment = literalOf(lexpr)
  const interval = literalOf(rexpr)
  if (moment?.kind !== 'text' || interval?.kind !== 'text' || interval.type !== 'interval') return undefined
  if (moment.type !== 'timestamptz' && moment.type !== 'date' && moment.type !== 'timestamp') return undefined
  const [, count = '', unit = ''] =
    /^(\d{1,6}) (second|minute|hour|day|week|month|year)s?$/i.exec(interval.text.trim()) ?? []
  const at = new Date(
    /[zZ]|[+-]\d\d/.test(moment.text.slice(10)) || moment.text.length === 10
      ? moment.text
      : `${moment.text}Z`,
  )
  if (count === '' || Number.isNaN(at.getTime())) return undefined
  const moved = move(at, (sign === '-' ? -1 : 1) * Number(count), unit.toLowerCase())
  // Years of other than four digits are written otherwise: the engine does these sums itself.
  if (!/^\d{4}-/.test(isoText(moved))) return undefined
  return cast(textConstant(moved.toISOString()), moment.type === 'date' ? 'timestamp' : moment.type)
}

/** Empty for a moment beyond those of JavaScript. */
function isoText(moment: Date): string {
  return Number.isNaN(moment.getTime()) ? '' : moment.toISOString()
}

const SPANS: Readonly<Record<string, number>> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
}

/** Months and years keep the day of the month, or take the last one there is, as PostgreSQL does. */
function move(at: Date, count: number, unit: string): Date {
  const span = SPANS[unit]
  if (span !== undefined) return new Date(at.getTime() + count * span)
  const months = unit === 'year' ? count * 12 : count
  const moved = new Date(at)
  moved.setUTCDate(1)
  moved.setUTCMonth(moved.getUTCMonth() + months)
  const lastDay = new Date(Date.UTC(moved.getUTCFullYear(), moved.getUTCMonth() + 1, 0)).getUTCDate()
  moved.setUTCDate(Math.min(at.getUTCDate(), lastDay))
  return moved
}
