import type { Column, Table } from '../../catalog/table.ts'
import { parseGuid } from '../../core/guid.ts'
import type { Binding } from './binding.ts'
import { checkValue, type ValueOptions } from './check-value.ts'
import {
  type Fault,
  fault,
  type LookupValue,
  type LookupWanted,
  shown,
  type TargetTable,
} from './checked-value.ts'
import { alternateRowKey } from './row-key.ts'

/** A row named by its table and its key: `('account', 'A-1')` in SQL, `["account","A-1"]` in data. */
export interface RowReference {
  readonly table: string
  /** Values of an alternate key in the order of its columns, or the primary key. */
  readonly key: readonly unknown[]
  readonly shown: string
}

/** Undefined for every other value of a lookup. No id begins with a bracket. */
export function rowReference(value: unknown): RowReference | undefined {
  const list = typeof value === 'string' && value.trimStart().startsWith('[') ? listIn(value) : value
  if (!Array.isArray(list) || list.length < 2) return undefined
  const [table, ...key]: readonly unknown[] = list
  if (typeof table !== 'string') return undefined
  return { table: table.trim().toLowerCase(), key, shown: JSON.stringify(list) }
}

function listIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export interface ReferenceContext {
  readonly binding: Extract<Binding, { kind: 'lookup-id' }>
  /** Descriptions of the tables that references name. */
  readonly tables: ReadonlyMap<string, Table>
  readonly options: ValueOptions
}

/** The row that a reference means, or how to find it. */
export function referredRow(
  reference: RowReference,
  { binding: { column, targets }, tables, options }: ReferenceContext,
): LookupValue | LookupWanted | Fault {
  const target = targets.find(({ table }) => table === reference.table)
  const table = tables.get(reference.table)
  if (!target || !table)
    return fault(
      `${column.name} is ${shown(reference.shown)}; it points to ${targets.map((one) => one.table).join(' or ')}.`,
    )
  if (reference.key.some((part) => part === null || part === ''))
    return fault(`${column.name} is ${shown(reference.shown)}; a part of the key is empty.`)
  const [first] = reference.key
  const id = reference.key.length === 1 ? parseGuid(String(first)) : undefined
  if (id !== undefined) return { kind: 'lookup', id, target }
  return byColumns(reference, { column, target, table, options })
}

interface ByColumns {
  readonly column: Column
  readonly target: TargetTable
  readonly table: Table
  readonly options: ValueOptions
}

function byColumns(
  { key, shown: text }: RowReference,
  { column, target, table, options }: ByColumns,
): LookupWanted | Fault {
  const named = namingColumns(table, key.length)
  if ('kind' in named) return fault(`${column.name} is ${shown(text)}; ${named.message}`)
  const parts = []
  for (const [at, by] of named.columns.entries()) {
    const value = checkValue(key[at], by, options)
    if (value === undefined || value.kind === 'fault')
      return fault(`${column.name} is ${shown(text)}; ${value?.message ?? `${by.name} is empty.`}`)
    parts.push({ column: by, value })
  }
  const [first, more] = parts
  if (!first) return fault(`${column.name} is ${shown(text)}; it names no key.`)
  const facts = { kind: 'wanted', targets: [target], value: first.value, shown: key.join(', ') } as const
  if (!more) return { ...facts, by: { column: first.column, unique: named.unique } }
  const whole = alternateRowKey(parts)
  return 'path' in whole ? { ...facts, by: undefined, path: whole.path } : whole
}

/** The columns that so many values stand for: the one alternate key with so many, else the column that names a row. */
function namingColumns(
  table: Table,
  count: number,
): { readonly columns: readonly Column[]; readonly unique: boolean } | Fault {
  const keys = table.keys.filter(({ columns }) => columns.length === count)
  const [only, more] = keys
  if (only && more)
    return fault(
      `${table.name} has several keys of ${count} column${count === 1 ? '' : 's'}: ${keys.map(({ columns }) => columns.join(' + ')).join('; ')}. Give the id.`,
    )
  const natural =
    count === 1 ? [NATURAL_NAMES.get(table.name) ?? table.primaryName ?? table.primaryKey] : undefined
  const names = only?.columns ?? natural
  const columns = names?.flatMap((name) => table.columns.find((column) => column.name === name) ?? [])
  if (columns && columns.length === count) return { columns, unique: only !== undefined }
  return fault(
    `${table.name} has no key of ${count} columns. Keys: ${[table.primaryKey, ...table.keys.map((key) => key.columns.join(' + '))].join('; ')}.`,
  )
}

/** Tables whose rows people name by something else than their name. Users sign in by it, and full names are no keys. */
const NATURAL_NAMES: ReadonlyMap<string, string> = new Map([['systemuser', 'domainname']])
