import { parseGuid } from '../../../core/guid.ts'
import type { ColumnDefinition } from '../../schema.ts'
import type { ApiError } from '../operation.ts'
import { isGuidType } from './compare.ts'
import type { Operand } from './expression.ts'
import { syntaxError } from './tokens.ts'

/** A value given as text, as a literal of the column's type. Refuses what is no value of it. */
export function literalOf({ logicalName, type }: ColumnDefinition, value: string): Operand {
  if (isGuidType(type)) return { kind: 'guid', value: guidOf(value) }
  switch (type) {
    case 'String':
    case 'Memo':
    case 'EntityName':
    case 'MultiSelectPicklist':
      return { kind: 'text', value }
    case 'Boolean':
      if (!/^(?:true|false|0|1)$/i.test(value)) throw noValue(logicalName, value, 'true, false, 0 or 1')
      return { kind: 'boolean', value: value === '1' || value.toLowerCase() === 'true' }
    case 'DateTime':
      if (Number.isNaN(Date.parse(value))) throw noValue(logicalName, value, 'a date')
      return { kind: 'date', value }
    default:
      if (!/^-?\d+(?:\.\d+)?$/.test(value)) throw noValue(logicalName, value, 'a number')
      return { kind: 'number', value }
  }
}

export function guidOf(value: string): string {
  const id = parseGuid(value)
  if (id === undefined) throw syntaxError(`'${value}' is not a GUID.`)
  return id
}

function noValue(column: string, value: string, expected: string): ApiError {
  return syntaxError(`The value '${value}' for the column ${column} is not ${expected}.`)
}
