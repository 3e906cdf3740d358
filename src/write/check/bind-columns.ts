import type { Catalog, Column, Table, TableSummary } from '../../catalog/table.ts'
import { D365Error } from '../../core/errors.ts'
import { nearNames } from '../../core/near.ts'
import { isRejectColumn } from '../input/input-row.ts'
import type { RowKeyColumns, WriteMode } from '../options.ts'
import type { Binding, BoundColumns, BoundInput } from './binding.ts'
import type { TargetTable } from './checked-value.ts'

export interface BindContext {
  readonly table: Table
  readonly catalog: Catalog
  readonly mode: WriteMode
  readonly key: RowKeyColumns
  readonly signal?: AbortSignal | undefined
}

/**
 * Decides what each column of the input means. Accepts what a read of the table prints: columns that cannot be
 * written are left out with a notice. A name that means nothing is an error with the nearest names.
 */
export async function bindColumns(names: readonly string[], context: BindContext): Promise<BoundColumns> {
  const readings = names.map((input) => ({ input, reading: readName(input, context.table) }))
  const given = new Set(
    readings.flatMap(({ reading }) => (reading.kind === 'column' ? [reading.column.name] : [])),
  )
  const bound: BoundInput[] = []
  const notices: string[] = []
  for (const { input, reading } of readings) {
    const result = await bindReading(input, reading, { context, given, names })
    if (result === undefined) continue
    if (typeof result === 'string') notices.push(result)
    else bound.push({ input, binding: result })
  }
  checkOnce(bound)
  checkKey(bound, context)
  return { bound, notices }
}

type Reading =
  | { readonly kind: 'column'; readonly column: Column; readonly by?: string }
  /** `statuscodename`, `primarycontactidname` */
  | { readonly kind: 'label'; readonly column: Column }
  /** `customeridtype` */
  | { readonly kind: 'type'; readonly column: Column }
  | { readonly kind: 'reject' }

function readName(input: string, table: Table): Reading {
  if (isRejectColumn(input)) return { kind: 'reject' }
  const name = input.trim().toLowerCase()
  const find = (wanted: string): Column | undefined =>
    table.columns.find((column) => column.name === wanted || column.property.toLowerCase() === wanted)
  const exact = find(name)
  if (exact) return { kind: 'column', column: exact }
  const point = name.indexOf('.')
  const lookup = point > 0 ? find(name.slice(0, point)) : undefined
  if (lookup?.targets) return { kind: 'column', column: lookup, by: name.slice(point + 1) }
  const labelled = name.endsWith('name') ? find(name.slice(0, -4)) : undefined
  if (labelled && (labelled.choices || labelled.targets)) return { kind: 'label', column: labelled }
  const typed = name.endsWith('type') ? find(name.slice(0, -4)) : undefined
  if (typed?.targets) return { kind: 'type', column: typed }
  throw unknownColumn(input, table)
}

function unknownColumn(input: string, table: Table): D365Error {
  const near = nearNames(
    input,
    table.columns.map((column) => column.name),
  )
  return new D365Error(
    'INPUT_INVALID',
    `The input has a column ${input}, which ${table.name} does not have.`,
    {
      hint:
        near.length > 0
          ? `Did you mean ${near.join(' or ')}?`
          : `d365 describe ${table.name} lists the columns that can be written.`,
    },
  )
}

interface ReadingContext {
  readonly context: BindContext
  readonly given: ReadonlySet<string>
  readonly names: readonly string[]
}

/** The binding, a notice why the column is left out, or undefined where it is left out without a word. */
async function bindReading(
  input: string,
  reading: Reading,
  { context, given, names }: ReadingContext,
): Promise<Binding | string | undefined> {
  if (reading.kind === 'reject') return undefined
  const { column } = reading
  if (context.mode === 'delete' && !isKeyPart(column, context))
    return `${input} was left out: only the key is needed to delete.`
  if (reading.kind === 'type') {
    if (given.has(column.name)) return undefined
    throw new D365Error('INPUT_INVALID', `The input has ${input} but no ${column.name}.`, {
      hint: `${input} says which table ${column.name} points to; add the id as ${column.name}.`,
    })
  }
  if (reading.kind === 'label') {
    if (given.has(column.name)) return undefined
    if (column.targets)
      throw new D365Error(
        'INPUT_INVALID',
        `The input has ${input}, the name of a row, but no ${column.name}.`,
        {
          hint: `Give the id as ${column.name}, or find the row by a key: ${column.name}.KEYCOLUMN.`,
        },
      )
    return unwritable(input, column, context) ?? { kind: 'value', column }
  }
  if (isKeyPart(column, context)) return keyBinding(input, reading)
  const reason = unwritable(input, column, context)
  if (reason !== undefined) return reason
  if (!column.targets) return { kind: 'value', column }
  return lookupBinding(column, { by: reading.by, context, names })
}

function isKeyPart(column: Column, { key, mode, table }: BindContext): boolean {
  if (mode === 'insert') return column.name === table.primaryKey
  return key.columns.some(({ name }) => name === column.name)
}

function keyBinding(input: string, { column, by }: Extract<Reading, { kind: 'column' }>): Binding {
  if (by === undefined) return { kind: 'key', column }
  throw new D365Error('INPUT_INVALID', `${input} is part of the key and cannot be found by another key.`, {
    hint: `Give the id, in a column named ${column.name}.`,
  })
}

function unwritable(input: string, column: Column, { table, mode, key }: BindContext): string | undefined {
  if (column.name === table.primaryKey)
    return `${input} was left out: the row is found by ${key.columns.map(({ name }) => name).join(' + ')}.`
  if (column.type === 'partylist')
    throw new D365Error(
      'INPUT_INVALID',
      `${input} is a list of participants, which is not written with its row.`,
      {
        hint: 'Leave the column out; the participants of an activity are set with requests of their own.',
      },
    )
  if (column.type === 'file') return `${input} was left out: files are not written with their row.`
  const { creatable, updatable } = column
  const writable = mode === 'insert' ? creatable : mode === 'update' ? updatable : creatable || updatable
  if (writable) return undefined
  const override = table.columns.find(({ name }) => name === `overridden${column.name}`)
  if (!creatable && !updatable && override?.creatable && mode !== 'update')
    return `${input} was left out: it is read-only. As ${override.name} it is kept for new rows: --map ${input}=${override.name}.`
  if (!creatable && !updatable) return `${input} was left out: it is read-only.`
  return `${input} was left out: it can only be set when a row is ${creatable ? 'created' : 'updated'}.`
}

async function lookupBinding(
  column: Column,
  { by, context, names }: { by: string | undefined; context: BindContext; names: readonly string[] },
): Promise<Binding> {
  const targets = await targetTables(column, context)
  const typeInput = names.find((name) => name.trim().toLowerCase() === `${column.name}type`)
  if (by === undefined) return { kind: 'lookup-id', column, targets, typeInput }
  const found = await targetsWithKey(column, by, { context, targets })
  return { kind: 'lookup-key', column, typeInput, ...found }
}

async function targetTables(column: Column, { catalog, table, signal }: BindContext): Promise<TargetTable[]> {
  const summaries = new Map<string, TableSummary>(
    (await catalog.tables({ signal })).map((summary) => [summary.name, summary]),
  )
  const targets = (column.targets ?? []).flatMap(({ table: name, navigation }) => {
    const summary = summaries.get(name)
    if (!summary) return []
    return [{ table: name, navigation, entitySet: summary.entitySet, primaryKey: summary.primaryKey }]
  })
  if (targets.length > 0) return targets
  throw new D365Error(
    'NOT_FOUND',
    `${table.name}.${column.name} points to no table that this user can see.`,
    {
      hint: 'Leave the column out, or ask for read access to the table it points to.',
    },
  )
}

async function targetsWithKey(
  column: Column,
  by: string,
  { context, targets }: { context: BindContext; targets: readonly TargetTable[] },
): Promise<{ targets: readonly TargetTable[]; by: Column; unique: boolean }> {
  const found: { target: TargetTable; by: Column; unique: boolean }[] = []
  const offered = new Set<string>()
  for (const target of targets) {
    const table = await context.catalog.table(target.table, { signal: context.signal })
    const keys = uniqueColumns(table)
    for (const name of [...keys, table.primaryName ?? table.primaryKey]) offered.add(name)
    const keyColumn = table.columns.find(({ name }) => name === by)
    if (keyColumn && (offered.has(by) || isComparable(keyColumn)))
      found.push({ target, by: keyColumn, unique: keys.includes(by) })
  }
  const [first] = found
  if (first)
    return {
      targets: found.map(({ target }) => target),
      by: first.by,
      unique: found.every(({ unique }) => unique),
    }
  const tables = targets.map(({ table }) => table).join(', ')
  throw new D365Error('INPUT_INVALID', `${column.name}.${by}: rows of ${tables} cannot be found by ${by}.`, {
    hint: `Keys and names: ${[...offered].map((name) => `${column.name}.${name}`).join(', ')}; other columns of text, whole numbers or ids work too.`,
  })
}

/** Values that are compared exactly, so that they may name a row: the first column that does, where no key is. */
function isComparable({ readable, type }: Column): boolean {
  return readable && (type === 'string' || type === 'integer' || type === 'bigint' || type === 'guid')
}

/** Columns that name at most one row: the primary key and the alternate keys of one column. */
function uniqueColumns(table: Table): string[] {
  const single = table.keys.flatMap(({ columns }) => (columns.length === 1 ? columns : []))
  return [...new Set([table.primaryKey, ...single])]
}

function checkOnce(bound: readonly BoundInput[]): void {
  const seen = new Map<string, string>()
  for (const { input, binding } of bound) {
    const earlier = seen.get(binding.column.name)
    if (earlier !== undefined)
      throw new D365Error('INPUT_INVALID', `${earlier} and ${input} both set ${binding.column.name}.`, {
        hint: 'Keep one of them.',
      })
    seen.set(binding.column.name, input)
  }
}

function checkKey(bound: readonly BoundInput[], { mode, key, table }: BindContext): void {
  if (mode === 'insert') {
    if (bound.length > 0) return
    throw new D365Error('INPUT_INVALID', `The input has no column that can be written to ${table.name}.`)
  }
  const missing = key.columns.filter(
    (column) => !bound.some(({ binding }) => binding.kind === 'key' && binding.column.name === column.name),
  )
  if (missing.length > 0)
    throw new D365Error(
      'INPUT_INVALID',
      `The input has no column ${missing.map(({ name }) => name).join(', ')}, which says which row to ${mode}.`,
      {
        hint:
          key.kind === 'primary' && table.keys.length > 0
            ? `Add it, or name another key: ${table.keys.map(({ columns }) => columns.join(' + ')).join('; ')}.`
            : 'Add it to the input.',
      },
    )
  if (mode === 'update' && !bound.some(({ binding }) => binding.kind !== 'key'))
    throw new D365Error('INPUT_INVALID', `The input has no column to update besides the key.`, {
      hint: `d365 describe ${table.name} lists the columns that can be updated.`,
    })
}
