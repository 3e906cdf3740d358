/** One JSON value to the cell of a column, checked as the service checks it: type first, then the column's limits. */
import { isLosslessNumber } from 'lossless-json'
import type { Cell } from '../../../store/store.ts'
import { badLiteral, type CellPlace, payloadError, tooLong, unknownChoice } from '../write-errors.ts'
import { dayCell, momentCell } from './date-cells.ts'
import { bigNumber, decimalNumber, doubleNumber, moneyNumber, wholeNumber } from './number-cells.ts'
import type { JsonValue } from './request-body.ts'

/** Undefined: NULL. Images come out as their base64 text; storing the bytes is the caller's business. */
export function readCell(value: JsonValue, place: CellPlace): Cell | undefined {
  if (value === null) return undefined
  const { column } = place
  switch (column.type) {
    case 'String':
    case 'Memo':
      return textCell(value, place)
    case 'EntityName':
    case 'Image':
      return textOf(value, column.type === 'Image' ? 'Edm.Binary' : 'Edm.String') || undefined
    case 'Integer':
      return wholeNumber(digitsOf(value, { edmType: 'Edm.Int32', quoted: true }), place)
    case 'BigInt':
      return bigNumber(digitsOf(value, { edmType: 'Edm.Int64', quoted: false }))
    case 'Decimal':
      return decimalNumber(digitsOf(value, { edmType: 'Edm.Decimal', quoted: false }), place)
    case 'Money':
      return moneyNumber(digitsOf(value, { edmType: 'Edm.Decimal', quoted: false }), place)
    case 'Double':
      return doubleNumber(digitsOf(value, { edmType: 'Edm.Double', quoted: true }), place)
    case 'Boolean':
      if (typeof value !== 'boolean') throw badLiteral(literalOf(value), 'Edm.Boolean')
      return value
    case 'Picklist':
    case 'State':
    case 'Status':
      return choiceCell(value, place)
    case 'MultiSelectPicklist':
      return choicesCell(textOf(value, 'Edm.String'), place)
    case 'DateTime':
      return column.dateBehavior === 'DateOnly'
        ? dayCell(textOf(value, 'Edm.Date'))
        : momentCell(textOf(value, 'Edm.DateTimeOffset'))
    case 'Uniqueidentifier':
    case 'File':
      return guidCell(textOf(value, 'Edm.Guid'))
    case 'Lookup':
    case 'Customer':
    case 'Owner':
    case 'PartyList':
    case 'ManagedProperty':
    case 'Virtual':
      throw payloadError(`The property '${column.logicalName}' has no value of its own.`)
  }
}

function textCell(value: JsonValue, place: CellPlace): string | undefined {
  const text = textOf(value, 'Edm.String')
  if (text.length > (place.column.maxLength ?? Number.POSITIVE_INFINITY)) throw tooLong(place)
  return text === '' ? undefined : text
}

function textOf(value: JsonValue, edmType: string): string {
  if (typeof value === 'string') return value
  if (edmType === 'Edm.String')
    throw payloadError(
      `Cannot convert a primitive value to the expected type '${edmType}'. See the inner exception for more details.`,
    )
  throw badLiteral(literalOf(value), edmType)
}

interface NumberFormat {
  readonly edmType: string
  /** May the digits stand between quotes? Int64 and Decimal only with IEEE754Compatible, which is not emulated. */
  readonly quoted: boolean
}

function digitsOf(value: JsonValue, { edmType, quoted }: NumberFormat): string {
  if (isLosslessNumber(value)) return value.value
  if (quoted && typeof value === 'string' && value.trim() !== '') return value
  throw badLiteral(literalOf(value), edmType)
}

function choiceCell(value: JsonValue, place: CellPlace): number {
  const anyWhole = { ...place, column: { ...place.column, min: -2_147_483_648, max: 2_147_483_647 } }
  const number = wholeNumber(digitsOf(value, { edmType: 'Edm.Int32', quoted: true }), anyWhole)
  demandOption(number, place)
  return number
}

const MAX_SELECTED = 150

function choicesCell(text: string, place: CellPlace): string | undefined {
  if (text.trim() === '') return undefined
  const parts = text.split(',').map((part) => part.trim())
  if (!parts.every((part) => /^-?\d{1,10}$/.test(part))) throw badLiteral(text, 'Edm.Int32')
  const values = [...new Set(parts.map(Number))].sort((a, b) => a - b)
  if (values.length > MAX_SELECTED)
    throw payloadError(
      `${values.length} values are selected for '${place.column.logicalName}'; at most ${MAX_SELECTED} are allowed.`,
    )
  for (const value of values) demandOption(value, place)
  return values.join(',')
}

function demandOption(value: number, place: CellPlace): void {
  if (!place.column.options?.some((option) => option.value === value))
    throw unknownChoice(String(value), place)
}

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function guidCell(text: string): string {
  if (!GUID.test(text)) throw badLiteral(text, 'Edm.Guid')
  return text.toLowerCase()
}

/** A value as an error message shows it. */
function literalOf(value: JsonValue): string {
  if (isLosslessNumber(value)) return value.value
  return typeof value === 'string' ? value : JSON.stringify(value)
}
