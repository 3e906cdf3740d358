import type { Column } from '../../catalog/table.ts'
import { type CheckedValue, type Fault, fault } from './checked-value.ts'

/** Which row is meant. */
export interface RowKey {
  /** Key part of the URL, percent-encoded: `(5a4d…)` or `(accountnumber='A%201')`. */
  readonly path: string
  /** Equal for every spelling of a key that the service takes for the same row. */
  readonly identity: string
  /** Primary key, where that is the key. */
  readonly id: string | undefined
  /** Columns of an alternate key with their values; none where the primary key is the key. */
  readonly parts: readonly KeyPart[]
}

export interface KeyPart {
  readonly column: Column
  readonly value: CheckedValue
}

export function primaryRowKey(id: string): RowKey {
  return { path: `(${id})`, identity: id, id, parts: [] }
}

export function alternateRowKey(parts: readonly KeyPart[]): RowKey | Fault {
  const empty = parts.find(({ value }) => value.kind === 'null')
  if (empty) return fault(`${empty.column.name} is empty; it is part of the key.`)
  const printed = parts.map(
    ({ column, value }) => `${column.property}=${encodeURIComponent(keyLiteral(value, column))}`,
  )
  return {
    path: `(${printed.join(',')})`,
    identity: parts
      .map(({ column, value }) => `${column.name}=${foldedText(plainText(value, column))}`)
      .join('\u0000'),
    id: undefined,
    parts,
  }
}

/** A value as an OData literal of its column's type: text in quotes, all else bare. */
export function keyLiteral(value: CheckedValue, column: Column): string {
  switch (value.kind) {
    case 'null':
      return 'null'
    case 'text':
      return isQuoted(column) ? `'${value.text.replaceAll("'", "''")}'` : value.text
    case 'number':
      return value.digits
    case 'boolean':
      return String(value.value)
    case 'lookup':
      return value.id
  }
}

function plainText(value: CheckedValue, column: Column): string {
  return value.kind === 'text' ? value.text : keyLiteral(value, column)
}

function isQuoted({ type }: Column): boolean {
  return type === 'string' || type === 'memo' || type === 'choices' || type === 'json'
}

/** The service compares without case, accents and trailing blanks. Folding too much only costs speed. */
export function foldedText(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trimEnd()
}
