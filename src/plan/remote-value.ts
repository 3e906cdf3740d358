import type { Column } from '../catalog/table.ts'
import { parseDecimal } from '../core/decimal.ts'
import { parseGuid } from '../core/guid.ts'
import type { ConditionValue } from '../odata/condition.ts'
import type { Literal } from './literal.ts'

/** A constant as the service takes it for one column, and how exactly it compares it as the engine does. */
export interface RemoteValue extends ConditionValue {
  /** The whole second before and after a moment between two: the service keeps seconds. */
  readonly floor?: string
  readonly ceiling?: string
}

/** Undefined where the constant cannot be compared with the column remotely. */
export function remoteValue(
  { type, timeZoneIndependent = false }: Column,
  literal: Literal,
): RemoteValue | undefined {
  switch (type) {
    case 'string':
    case 'memo':
      return literal.kind === 'text' && isStringType(literal.type)
        ? { kind: 'text', text: literal.text }
        : undefined
    case 'integer':
    case 'choice':
      return isInteger(literal) ? numberValue(literal, true) : undefined
    case 'bigint':
      return numberValue(literal, true)
    case 'decimal':
    case 'money':
      return numberValue(literal, false)
    case 'double':
      return undefined
    case 'boolean':
      return literal.kind === 'boolean' ? plain(String(literal.value)) : undefined
    case 'guid':
    case 'lookup':
      return guidValue(literal)
    case 'date':
      return dayValue(literal)
    case 'datetime':
      return momentValue(literal, { timeZoneIndependent })
    default:
      return undefined
  }
}

const plain = (text: string): RemoteValue => ({ kind: 'plain', text })

const isStringType = (type: string | undefined): boolean =>
  type === undefined || ['text', 'varchar', 'bpchar'].includes(type)

/** Numbers of 32 bits and decimals; a text that is a number is left to the engine. */
function numberValue(literal: Literal, whole: boolean): RemoteValue | undefined {
  if (literal.kind !== 'number' || literal.digits.length > MAX_DIGITS) return undefined
  const digits = parseDecimal(literal.digits)
  return digits === undefined || (whole && digits.includes('.')) ? undefined : plain(digits)
}

/** 32 bits: others the service may refuse. */
function isInteger(literal: Literal): boolean {
  return literal.kind === 'number' && Math.abs(Number(literal.digits)) < 2 ** 31
}

/** Longer constants overflow the service's types. */
const MAX_DIGITS = 18

function guidValue(literal: Literal): RemoteValue | undefined {
  if (literal.kind !== 'text' || !(literal.type === undefined || literal.type === 'uuid')) return undefined
  const guid = parseGuid(literal.text)
  return guid === undefined ? undefined : plain(guid)
}

function dayValue(literal: Literal): RemoteValue | undefined {
  if (literal.kind !== 'text' || !(literal.type === undefined || literal.type === 'date')) return undefined
  return isDay(literal.text) && literal.text >= FIRST_DAY ? plain(literal.text) : undefined
}

const FIRST_DAY = '1753-01-01'

/** Without a zone a moment is UTC, as it is to the engine. */
function momentValue(
  literal: Literal,
  { timeZoneIndependent }: { readonly timeZoneIndependent: boolean },
): RemoteValue | undefined {
  if (literal.kind !== 'text' || !MOMENT_TYPES.has(literal.type)) return undefined
  const match = MOMENT.exec(literal.text.trim())
  if (!match) return undefined
  const [, day = '', time = '00:00:00', zone = 'Z'] = match
  // The engine leaves out what a type has no room for: the time of a date, the zone of a timestamp without one.
  if (literal.type === 'date' && match[2] !== undefined) return undefined
  const zoned = literal.type === 'timestamptz' || (literal.type === undefined && !timeZoneIndependent)
  if (!zoned && !/^(?:Z|[+-]00(?::00)?)$/i.test(zone)) return undefined
  if (!isDay(day)) return undefined
  const at = Date.parse(
    `${day}T${time.length === 5 ? `${time}:00` : time}${zone.length === 3 ? `${zone}:00` : zone}`,
  )
  if (Number.isNaN(at)) return undefined
  const second = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z')
  const [floor, ceiling] = [Math.floor(at / 1000) * 1000, Math.ceil(at / 1000) * 1000]
  if (floor < FIRST_MOMENT || ceiling > LAST_MOMENT) return undefined
  return { ...plain(second(floor)), floor: second(floor), ceiling: second(ceiling) }
}

/** What the service's type of moments holds. */
const FIRST_MOMENT = Date.UTC(1753, 0, 1)
const LAST_MOMENT = Date.UTC(9999, 11, 31, 23, 59, 59)

const MOMENT_TYPES = new Set([undefined, 'date', 'timestamp', 'timestamptz'])
const MOMENT = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)(Z|[+-]\d\d(?::\d\d)?)?)?$/i

function isDay(text: string): boolean {
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text)
}
