import type { Column, Table } from '../../catalog/table.ts'
import type { InputRow } from '../input/input-row.ts'
import type { ResolvedOptions } from '../options.ts'
import { REJECT_CODES, type RejectedRow } from '../outcome.ts'
import type { Binding, BoundInput } from './binding.ts'
import { checkValue, type ValueOptions } from './check-value.ts'
import {
  type CheckedValue,
  type Fault,
  fault,
  type LookupWanted,
  shown,
  type TargetTable,
} from './checked-value.ts'
import { alternateRowKey, type KeyPart, primaryRowKey, type RowKey } from './row-key.ts'
import { referredRow, rowReference } from './row-reference.ts'

/** A row whose values fit, some lookups still to be found. */
export interface DraftRow {
  readonly kind: 'draft'
  readonly row: number
  readonly input: InputRow
  /** Undefined: an insert without an id of its own. */
  readonly key: RowKey | undefined
  readonly cells: readonly DraftCell[]
}

export interface DraftCell {
  readonly column: Column
  readonly value: CheckedValue | LookupWanted
}

export interface CheckContext {
  readonly options: Pick<ResolvedOptions, 'mode' | 'key' | 'emptyAsNull' | 'form' | 'zone'>
  /** All columns of the table. */
  readonly columns: readonly Column[]
  readonly primaryKey: string
  readonly bound: readonly BoundInput[]
  /** Descriptions of the tables that the row's references to others name. */
  readonly tables: ReadonlyMap<string, Table>
}

/** One row against metadata, before anything is sent; the first thing that does not fit rejects it. */
export function checkRow(row: number, input: InputRow, context: CheckContext): DraftRow | RejectedRow {
  const reject = (message: string, column?: string): RejectedRow => ({
    kind: 'rejected',
    row,
    input,
    code: REJECT_CODES.input,
    message,
    ...(column === undefined ? {} : { column }),
  })
  if (input.fault !== undefined) return reject(input.fault)
  const cells: DraftCell[] = []
  const keyParts: KeyPart[] = []
  for (const { input: name, binding } of context.bound) {
    const { column } = binding
    const value = checkBound(input.values[name], binding, { input, context })
    if (value === undefined) continue
    if (value.kind === 'fault') return reject(value.message, column.name)
    if (binding.kind !== 'key') cells.push({ column, value })
    else if (value.kind !== 'wanted') keyParts.push({ column, value })
  }
  const key = rowKey(keyParts, context)
  if (key?.kind === 'fault') return reject(key.message)
  const required = checkRequired(cells, context)
  if (required) return reject(required.message, required.column)
  if (context.options.mode === 'update' && cells.length === 0) return reject('The row has nothing to update.')
  return { kind: 'draft', row, input, key: key?.key, cells: sentCells(cells, context) }
}

function checkBound(
  value: unknown,
  binding: Binding,
  { input, context }: { input: InputRow; context: CheckContext },
): CheckedValue | LookupWanted | Fault | undefined {
  const options = valueOptions(input, context)
  switch (binding.kind) {
    case 'key':
      return checkValue(value, binding.column, options)
    case 'value': {
      const checked = checkValue(value, binding.column, options)
      return checked?.kind === 'null' && isState(binding.column) ? undefined : checked
    }
    case 'lookup-id':
    case 'lookup-key': {
      const reference = binding.kind === 'lookup-id' ? rowReference(value) : undefined
      if (binding.kind === 'lookup-id' && reference)
        return referredRow(reference, { binding, tables: context.tables, options })
      const by = binding.kind === 'lookup-key' ? { column: binding.by, unique: binding.unique } : undefined
      const checked = checkValue(value, by?.column ?? binding.column, options)
      if (checked === undefined || checked.kind === 'fault' || checked.kind === 'null') return checked
      const targets = namedTargets(binding, input)
      if ('kind' in targets) return targets
      const [only] = targets
      if (!by && only && targets.length === 1 && checked.kind === 'text')
        return { kind: 'lookup', id: checked.text, target: only }
      return { kind: 'wanted', targets, by, value: checked, shown: String(value) }
    }
  }
}

/** A state cannot be emptied: a cell without one says nothing about it. */
function isState({ serviceType }: Column): boolean {
  return serviceType === 'StateType' || serviceType === 'StatusType'
}

/** A locale is that of a CSV's cells: JSON spells its numbers itself. */
function valueOptions({ source }: InputRow, { options }: CheckContext): ValueOptions {
  const { emptyAsNull, form, zone } = options
  return { emptyAsNull, zone, form: source?.kind === 'csv' ? form : undefined }
}

/** The tables the row may mean: all of the lookup's, or the one its type column names. */
function namedTargets(
  { column, targets, typeInput }: Extract<Binding, { kind: 'lookup-id' | 'lookup-key' }>,
  input: InputRow,
): readonly TargetTable[] | Fault {
  const named =
    typeInput === undefined
      ? ''
      : String(input.values[typeInput] ?? '')
          .trim()
          .toLowerCase()
  if (named === '') return targets
  const target = targets.find(({ table, entitySet }) => table === named || entitySet.toLowerCase() === named)
  if (target) return [target]
  return fault(
    `${typeInput} is ${shown(named)}; ${column.name} points to ${targets.map(({ table }) => table).join(' or ')}.`,
  )
}

function rowKey(
  parts: readonly KeyPart[],
  { options: { mode, key } }: CheckContext,
): { readonly kind: 'key'; readonly key: RowKey } | Fault | undefined {
  if (key.kind === 'primary') {
    const value = parts[0]?.value
    if (value?.kind === 'text') return { kind: 'key', key: primaryRowKey(value.text) }
    return mode === 'insert'
      ? undefined
      : fault(`${key.columns[0]?.name} is empty; it says which row to ${mode}.`)
  }
  const missing = key.columns.find((column) => !parts.some((part) => part.column.name === column.name))
  if (missing) return fault(`${missing.name} is empty; it is part of the key.`)
  const ordered = key.columns.flatMap((column) => parts.filter((part) => part.column.name === column.name))
  const found = alternateRowKey(ordered)
  return 'path' in found ? { kind: 'key', key: found } : found
}

/**
 * Types of required columns that a new row must bring along. All others have a default or are filled by the
 * service (choices, booleans, owners, names of tables), and refusing what the service takes would be wrong.
 */
const BROUGHT_ALONG: ReadonlySet<string> = new Set([
  'StringType',
  'MemoType',
  'IntegerType',
  'DecimalType',
  'DoubleType',
  'MoneyType',
  'DateTimeType',
  'LookupType',
  'CustomerType',
])

function checkRequired(
  cells: readonly DraftCell[],
  { options: { mode }, columns, primaryKey }: CheckContext,
): { message: string; column: string } | undefined {
  if (mode === 'delete') return undefined
  if (mode !== 'insert') {
    const cleared = cells.find(({ column, value }) => column.required && value.kind === 'null')
    return (
      cleared && {
        message: `${cleared.column.name} is required and cannot be emptied.`,
        column: cleared.column.name,
      }
    )
  }
  const given = new Set(cells.flatMap(({ column, value }) => (value.kind === 'null' ? [] : [column.name])))
  const absent = columns.find(
    ({ name, required, creatable, serviceType }) =>
      required && creatable && name !== primaryKey && BROUGHT_ALONG.has(serviceType) && !given.has(name),
  )
  return absent && { message: `${absent.name} is required and has no value.`, column: absent.name }
}

/** A new row says nothing about columns without a value, so that the service's defaults apply. */
function sentCells(cells: readonly DraftCell[], { options: { mode } }: CheckContext): readonly DraftCell[] {
  return mode === 'insert' ? cells.filter(({ value }) => value.kind !== 'null') : cells
}
