import { type Fields, functionName, isFields, listOf, namesOf, nodeOf } from './ast.ts'
import { literalOf } from './literal.ts'

/** How finely dates are grouped. The service counts in UTC, as the engine does. */
export type DateUnit = 'year' | 'month' | 'day'

const FINENESS: readonly (DateUnit | undefined)[] = ['year', 'month', 'day', undefined]

/** The finer of two; undefined is a value as it is. */
export function finer(known: DateUnit | undefined, wanted: DateUnit | undefined): DateUnit | undefined {
  return known === undefined || FINENESS.indexOf(known) < FINENESS.indexOf(wanted) ? wanted : known
}

/** Parts of dates, and the unit that tells them: a week may begin on any day of a month. */
const PARTS: Readonly<Record<string, DateUnit>> = {
  millennium: 'year',
  century: 'year',
  decade: 'year',
  year: 'year',
  quarter: 'month',
  month: 'month',
  monthname: 'month',
  week: 'day',
  weekofyear: 'day',
  yearweek: 'day',
  isoyear: 'day',
  day: 'day',
  dayofmonth: 'day',
  dayofweek: 'day',
  weekday: 'day',
  isodow: 'day',
  dow: 'day',
  doy: 'day',
  dayofyear: 'day',
  dayname: 'day',
  last_day: 'month',
}

/** Parts that are no functions, or functions of something else. */
const PARTS_ONLY = new Set(['dow', 'doy', 'isoyear', 'decade', 'century', 'millennium'])

export interface DateUse {
  readonly reference: Fields
  readonly unit: DateUnit
}

/** A column of which only year, month or day is asked: `date_trunc('month', x)`, `extract(year from x)`, `x::date`. */
export function dateUse(kind: string, fields: Fields): DateUse | undefined {
  if (kind === 'TypeCast') {
    const type = isFields(fields.typeName) ? namesOf(fields.typeName.names).at(-1) : undefined
    return type === 'date' ? use(fields.arg, 'day') : undefined
  }
  if (kind !== 'FuncCall') return undefined
  const name = functionName(fields)
  const [first, second, more] = listOf(fields.args)
  if (more !== undefined) return undefined
  if (name === 'date_trunc' || name === 'extract' || name === 'date_part') {
    const part = literalOf(first)
    return part?.kind === 'text' ? use(second, PARTS[part.text.toLowerCase()]) : undefined
  }
  return second === undefined && !PARTS_ONLY.has(name) ? use(first, PARTS[name]) : undefined
}

function use(argument: unknown, unit: DateUnit | undefined): DateUse | undefined {
  const reference = nodeOf(argument, 'ColumnRef')
  return reference && unit && { reference, unit }
}
