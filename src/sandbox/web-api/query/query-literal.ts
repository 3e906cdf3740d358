import { parseGuid } from '../../../core/guid.ts'
import type { ColumnDefinition } from '../../schema.ts'
import type { Operand } from './expression.ts'
import { syntaxError } from './tokens.ts'

/** A value given as text, as a literal of the column's type. */
export function literalOf({ type }: ColumnDefinition, value: string): Operand {
  if (['Uniqueidentifier', 'Lookup', 'Customer', 'Owner'].includes(type)) {
    const guid = parseGuid(value)
    if (guid === undefined) throw syntaxError(`'${value}' is not a GUID.`)
    return { kind: 'guid', value: guid }
  }
  if (type === 'Boolean') return { kind: 'boolean', value: value === 'true' || value === '1' }
  if (type === 'DateTime') return { kind: 'date', value }
  if (['String', 'Memo', 'EntityName', 'MultiSelectPicklist'].includes(type)) return { kind: 'text', value }
  return { kind: 'number', value }
}
