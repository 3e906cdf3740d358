import type { Column } from '../../catalog/table.ts'
import { parseGuid } from '../../core/guid.ts'
import { checkBoolean, checkChoice, checkChoices } from './check-choice.ts'
import { checkDate, checkDateTime } from './check-date.ts'
import { checkNumber } from './check-number.ts'
import { type CheckedValue, type Fault, fault, NULL_VALUE, shown } from './checked-value.ts'
import type { TextForm, ZoneOffset } from './text-form.ts'

export interface ValueOptions {
  readonly emptyAsNull: boolean
  /** How texts spell numbers and dates. Default: as JSON and ISO 8601 do. */
  readonly form?: TextForm | undefined
  /** Offset of times that say none. Default: UTC. */
  readonly zone?: ZoneOffset | undefined
}

/** One value against its column's metadata. Undefined: nothing given, the column stays as it is. */
export function checkValue(
  value: unknown,
  column: Column,
  { emptyAsNull, form, zone }: ValueOptions,
): CheckedValue | Fault | undefined {
  if (value === undefined) return undefined
  if (value === null) return NULL_VALUE
  if (isEmptyText(value, column)) return emptyAsNull ? NULL_VALUE : undefined
  if (
    typeof value === 'object' &&
    !(value instanceof Date) &&
    !(Array.isArray(value) && column.type === 'choices')
  )
    return fault(`${column.name} holds ${Array.isArray(value) ? 'a list' : 'an object'}; it takes one value.`)
  const plain = form && typeof value === 'string' ? inPlainForm(value, column, form) : value
  return isFault(plain) ? plain : checkByType(plain, column, zone)
}

/** A number or date of the file's locale as the checks below read it; all other texts as they are. */
function inPlainForm(text: string, column: Column, form: TextForm): string | Fault {
  switch (column.type) {
    case 'integer':
    case 'bigint':
    case 'decimal':
    case 'double':
    case 'money':
      return (
        form.number(text) ??
        fault(`${column.name} is ${shown(text)}; it must be a number such as ${form.example.number}.`)
      )
    case 'date':
    case 'datetime':
      return (
        form.date(text) ??
        fault(`${column.name} is ${shown(text)}; it must be a date such as ${form.example.date}.`)
      )
    default:
      return text
  }
}

function isFault(value: unknown): value is Fault {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'fault'
}

/** Blanks are text for text columns and nothing for all others. */
function isEmptyText(value: unknown, { type }: Column): boolean {
  if (typeof value !== 'string') return false
  return value === '' || (type !== 'string' && type !== 'memo' && value.trim() === '')
}

function checkByType(value: unknown, column: Column, zone: ZoneOffset | undefined): CheckedValue | Fault {
  switch (column.type) {
    case 'integer':
    case 'bigint':
    case 'decimal':
    case 'double':
    case 'money':
      return checkNumber(value, column)
    case 'boolean':
      return checkBoolean(value, column)
    case 'choice':
      return checkChoice(value, column)
    case 'choices':
      return checkChoices(value, column)
    case 'date':
      return checkDate(value, column)
    case 'datetime':
      return checkDateTime(value, column, zone)
    case 'guid':
    case 'lookup':
      return checkGuid(value, column)
    case 'image':
      return checkBase64(value, column)
    case 'string':
    case 'memo':
    case 'json':
      return checkText(value, column)
    case 'file':
    case 'partylist':
      return fault(
        `${column.name} is a column of type ${column.serviceType}, which is not written with its row.`,
      )
  }
}

function checkText(value: unknown, column: Column): CheckedValue | Fault {
  const text = value instanceof Date ? value.toISOString() : String(value)
  if (column.maxLength !== undefined && text.length > column.maxLength)
    return fault(
      `${column.name} has ${text.length} characters; it holds at most ${column.maxLength}: ${shown(text)}.`,
    )
  return { kind: 'text', text }
}

function checkGuid(value: unknown, column: Column): CheckedValue | Fault {
  const id = typeof value === 'string' ? parseGuid(value) : undefined
  if (id !== undefined) return { kind: 'text', text: id }
  return fault(
    `${column.name} is ${shown(value)}; it must be an id such as 5a4d0b0c-1f2e-4a3b-8c9d-0123456789ab.`,
  )
}

function checkBase64(value: unknown, column: Column): CheckedValue | Fault {
  const text = String(value)
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0) return { kind: 'text', text }
  return fault(`${column.name} must be the image as base64 text; it begins ${shown(text.slice(0, 20))}.`)
}
