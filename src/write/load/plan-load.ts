import type { Column, Table } from '../../catalog/table.ts'
import { D365Error } from '../../core/errors.ts'
import type { WriteMode } from '../options.ts'

/** One table of a load: what is to be done with it, and the columns its input has. */
export interface LoadTable {
  /** What people call it, e.g. the name of its file. */
  readonly name: string
  readonly table: Table
  readonly mode: WriteMode
  /** Names as the input has them, after they were mapped. */
  readonly columns: readonly string[]
}

export interface LoadPlan {
  /** Positions of the tables, in the order in which they are written. */
  readonly order: readonly number[]
  /** By position: what is set only once every table has its rows. */
  readonly later: readonly Later[]
}

export interface Later {
  /** Lookups to rows that are not there yet. */
  readonly lookups: readonly LaterLookup[]
  /** State and status: a new row begins active, and an inactive one takes no more changes. */
  readonly state: readonly Column[]
  /** Files and images, which travel by themselves. */
  readonly files: readonly Column[]
}

export function isNothing({ lookups, state, files }: Later): boolean {
  return lookups.length + state.length + files.length === 0
}

export interface LaterLookup {
  readonly column: Column
  /** Tables whose rows are not there yet; a lookup to another one is set at once. */
  readonly tables: readonly string[]
}

/**
 * Rows that others point to come first. A circle, also that of a table with itself, is opened where a lookup may be
 * empty for a while; rows are deleted the other way round.
 */
export function planLoad(tables: readonly LoadTable[]): LoadPlan {
  const order: number[] = []
  const left = new Set(tables.keys())
  const lookups = tables.map((_): readonly LaterLookup[] => [])
  while (left.size > 0) {
    const waits = [...left].map((at) => ({ at, for: waitsFor(at, { tables, left }) }))
    const ready = waits.filter((one) => one.for.every(({ soft }) => soft))
    const next = ready.reduce<(typeof ready)[number] | undefined>(
      (best, one) => (best === undefined || one.for.length < best.for.length ? one : best),
      undefined,
    )
    if (!next) throw circular(waits, tables)
    order.push(next.at)
    left.delete(next.at)
    lookups[next.at] = laterLookups([...next.for, ...ownWaits(next.at, tables)], tables)
  }
  return { order, later: tables.map((one, at) => ({ ...statesAndFiles(one), lookups: lookups[at] ?? [] })) }
}

interface Wait {
  readonly target: number
  readonly column: Column
  /** May the lookup be set afterwards? */
  readonly soft: boolean
}

function waitsFor(
  at: number,
  { tables, left }: { tables: readonly LoadTable[]; left: ReadonlySet<number> },
): readonly Wait[] {
  const own = tables[at]
  if (!own) return []
  return [...left].flatMap((target) => {
    const other = tables[target]
    if (!other || target === at) return []
    if (own.mode === 'delete') return other.mode === 'delete' ? pointsTo(other, own, target, false) : []
    return makesRows(other) ? pointsTo(own, other, target, true) : []
  })
}

/** `given`: only lookups the input has count, and those that may be set later do not keep it waiting. */
function pointsTo(from: LoadTable, to: LoadTable, target: number, given: boolean): Wait[] {
  return lookupsOf(from, given)
    .filter(({ targets = [] }) => targets.some(({ table }) => table === to.table.name))
    .filter((column) => !given || mayMean(column, from, to))
    .map((column) => ({ target, column, soft: given && isSoft(column, from) }))
}

function lookupsOf({ table, columns }: LoadTable, given: boolean): readonly Column[] {
  const lookups = table.columns.filter(({ targets }) => targets !== undefined)
  if (!given) return lookups.filter(({ creatable }) => creatable)
  const named = new Set(columns.map((name) => baseColumn(name, table)?.name))
  return lookups.filter(({ name }) => named.has(name))
}

/** `parentcustomerid.accountnumber` means no table without an `accountnumber`. */
function mayMean(lookup: Column, { table, columns }: LoadTable, to: LoadTable): boolean {
  const by = columns.flatMap((name) => {
    const [, key] = name.trim().toLowerCase().split('.', 2)
    return key !== undefined && baseColumn(name, table) === lookup ? [key] : []
  })
  return by.every((key) => to.table.columns.some(({ name }) => name === key))
}

function isSoft({ required, updatable }: Column, { table }: LoadTable): boolean {
  return !required && updatable && table.kind !== 'intersect'
}

function makesRows({ mode }: LoadTable): boolean {
  return mode === 'insert' || mode === 'upsert'
}

/** A table's rows point to each other. */
function ownWaits(at: number, tables: readonly LoadTable[]): readonly Wait[] {
  const own = tables[at]
  return own && makesRows(own) ? pointsTo(own, own, at, true).filter(({ soft }) => soft) : []
}

function laterLookups(waits: readonly Wait[], tables: readonly LoadTable[]): readonly LaterLookup[] {
  return [...new Set(waits.map(({ column }) => column))].map((column) => ({
    column,
    tables: waits.flatMap((wait) => (wait.column === column ? (tables[wait.target]?.table.name ?? []) : [])),
  }))
}

function statesAndFiles(one: LoadTable): Omit<Later, 'lookups'> {
  const { table, columns, mode } = one
  const given = columns.flatMap((name) => baseColumn(name, table) ?? [])
  return {
    state: makesRows(one)
      ? given.filter(({ serviceType }) => serviceType === 'StateType' || serviceType === 'StatusType')
      : [],
    files: mode === 'delete' ? [] : given.filter(({ type }) => type === 'file' || type === 'image'),
  }
}

/** The column an input name sets: `parentcustomerid.accountnumber`, `_parentcustomerid_value`, `statecodename`. */
export function baseColumn(input: string, table: Table): Column | undefined {
  const name = input.trim().toLowerCase()
  const base = name.split('.', 1)[0] ?? ''
  const named = (wanted: string): Column | undefined =>
    table.columns.find((column) => column.name === wanted || column.property.toLowerCase() === wanted)
  const exact = named(base)
  if (exact) return exact
  const labelled = named(base.replace(/(?:name|type)$/, ''))
  return labelled?.choices || labelled?.targets ? labelled : undefined
}

function circular(
  waits: readonly { readonly at: number; readonly for: readonly Wait[] }[],
  tables: readonly LoadTable[],
): D365Error {
  const named = waits.map(({ at, for: all }) => {
    const hard = all.filter(({ soft }) => !soft)
    return `${tables[at]?.name} by ${hard.map(({ column, target }) => `${column.name} (${tables[target]?.name})`).join(', ')}`
  })
  return new D365Error('INPUT_INVALID', `These tables point to each other: ${named.join('; ')}.`, {
    hint: 'Each of these lookups must have a value when its row is made. Take one of the tables out of this load.',
  })
}
