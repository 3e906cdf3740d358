import type { ColumnDefinition, TableDefinition } from '../../schema.ts'
import type { Cell, StoredRow } from '../../store/store.ts'
import { type ApiContext, ApiError, notEmulated } from '../operation.ts'
import { holds, literalOrder } from './compare.ts'
import { countOf, dateWindow, fiscalPeriod } from './date-windows.ts'
import { guidOf, literalOf } from './query-literal.ts'
import { rowsOf } from './rows-of.ts'
import { syntaxError } from './tokens.ts'

/**
 * `Microsoft.Dynamics.CRM.*` functions of a filter, and the operators of FetchXML that mean the same.
 * Each is a test of one cell; a NULL passes only the negative ones.
 */
export interface QueryFunctionCall {
  readonly column: ColumnDefinition
  /** The table the column belongs to. */
  readonly table: TableDefinition
  readonly values: readonly string[]
  readonly context: ApiContext
}

export type CellTest = (cell: Cell | undefined) => boolean

/** Is there a function of this name? Those of dates and times are known by their window. */
export function isQueryFunction(name: string): boolean {
  return FUNCTIONS.has(name) || dateWindow(name, ['2000', '1'], 0) !== undefined
}

export function queryFunction(name: string, call: QueryFunctionCall): CellTest {
  const window = dateWindow(name, call.values, call.context.now)
  if (window) {
    requireDate(name, call)
    const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = window
    return (cell) => {
      if (cell === undefined) return false
      const ms = Date.parse(String(cell))
      return ms >= from && ms < to
    }
  }
  const make = FUNCTIONS.get(name)
  if (make) return make(call)
  if (name === 'Contains') throw notEmulated('the query function Contains')
  throw syntaxError(
    `An unknown function with name 'Microsoft.Dynamics.CRM.${name}' was found. This may also be a function import or a key lookup on a navigation property, which is not allowed.`,
  )
}

const FUNCTIONS: ReadonlyMap<string, (call: QueryFunctionCall) => CellTest> = new Map(
  Object.entries<(call: QueryFunctionCall) => CellTest>({
    InFiscalPeriod: (call) => {
      requireDate('InFiscalPeriod', call)
      const wanted = countOf('InFiscalPeriod', call.values[0])
      return (cell) => cell !== undefined && fiscalPeriod(Date.parse(String(cell))) === wanted
    },
    In: (call) => oneOf(call),
    NotIn: (call) => negated(oneOf(call)),
    Between: (call) => between(call),
    NotBetween: (call) => {
      const inside = between(call)
      return (cell) => cell !== undefined && !inside(cell)
    },
    ContainValues: (call) => containsAny(call),
    DoesNotContainValues: (call) => negated(containsAny(call)),
    EqualUserId: ({ context }) => isOneOf([context.caller.userId]),
    NotEqualUserId: ({ context }) => negated(isOneOf([context.caller.userId])),
    EqualBusinessId: ({ context }) => isOneOf([context.caller.businessUnitId]),
    NotEqualBusinessId: ({ context }) => negated(isOneOf([context.caller.businessUnitId])),
    EqualUserTeams: ({ context }) => isOneOf(teamsOf(context)),
    EqualUserOrUserTeams: ({ context }) => isOneOf([context.caller.userId, ...teamsOf(context)]),
    EqualUserOrUserHierarchy: ({ context }) => isOneOf([context.caller.userId, ...reportsOf(context)]),
    EqualUserOrUserHierarchyAndTeams: ({ context }) =>
      isOneOf([context.caller.userId, ...reportsOf(context), ...teamsOf(context)]),
    EqualUserLanguage: () => (cell) => Number(cell) === USER_LANGUAGE,
    Above: (call) => isOneOf(ancestors(call)),
    AboveOrEqual: (call) => isOneOf([idOf(call), ...ancestors(call)]),
    Under: (call) => isOneOf(descendants(call)),
    UnderOrEqual: (call) => isOneOf([idOf(call), ...descendants(call)]),
    NotUnder: (call) => negated(isOneOf(descendants(call))),
  }),
)

/** English (United States), the only language of the sandbox. */
const USER_LANGUAGE = 1033

function requireDate(name: string, { column }: QueryFunctionCall): void {
  if (column.type !== 'DateTime')
    throw syntaxError(`${name} works on date columns; ${column.logicalName} is a ${column.type}.`)
}

function oneOf({ column, values }: QueryFunctionCall): CellTest {
  if (values.length === 0) throw syntaxError('In and NotIn need at least one value.')
  const orders = values.map((value) => literalOrder(column, 'eq', literalOf(column, value)))
  return (cell) => cell !== undefined && orders.some((order) => order(cell) === 0)
}

function between({ column, values: [low, high] }: QueryFunctionCall): CellTest {
  if (low === undefined || high === undefined) throw syntaxError('Between needs two values.')
  const from = literalOrder(column, 'ge', literalOf(column, low))
  const to = literalOrder(column, 'le', literalOf(column, high))
  return (cell) => cell !== undefined && holds('ge', from(cell)) && holds('le', to(cell))
}

function containsAny({ column, values }: QueryFunctionCall): CellTest {
  if (column.type !== 'MultiSelectPicklist')
    throw syntaxError(
      `ContainValues works on multi-select choices; ${column.logicalName} is a ${column.type}.`,
    )
  if (values.length === 0) throw syntaxError('ContainValues needs at least one value.')
  const wanted = new Set(values.map((value) => value.trim()))
  return (cell) => typeof cell === 'string' && cell.split(',').some((value) => wanted.has(value))
}

function isOneOf(ids: readonly string[]): CellTest {
  const wanted = new Set(ids)
  return (cell) => typeof cell === 'string' && wanted.has(cell)
}

function negated(test: CellTest): CellTest {
  return (cell) => !test(cell)
}

function teamsOf({ store, caller }: ApiContext): readonly string[] {
  return store
    .table('teammembership')
    .rowsByLookup('systemuserid', caller.userId)
    .map(({ teamid }) => String(teamid))
}

function reportsOf({ store, caller }: ApiContext): readonly string[] {
  return below(store.table('systemuser').rowsByKey(), {
    key: 'systemuserid',
    parent: 'parentsystemuserid',
    root: caller.userId,
  })
}

function idOf({ values: [value = ''] }: QueryFunctionCall): string {
  return guidOf(value)
}

function parentColumn({ table, context }: QueryFunctionCall): string {
  const own = context.store.schema.lookups(table.logicalName).find(({ hierarchical }) => hierarchical)
  if (own) return own.referencingColumn
  throw new ApiError(
    400,
    '0x80047020',
    `This query uses a hierarchical operator, but the ${table.logicalName} entity doesn't have a hierarchical relationship.`,
  )
}

function ancestors(call: QueryFunctionCall): readonly string[] {
  const parent = parentColumn(call)
  const rows = rowsOf(call.context.store, call.table.logicalName)
  const found: string[] = []
  for (
    let id = rows.get(idOf(call))?.[parent];
    typeof id === 'string' && !found.includes(id);
    id = rows.get(id)?.[parent]
  )
    found.push(id)
  return found
}

function descendants(call: QueryFunctionCall): readonly string[] {
  const { logicalName, primaryKey } = call.table
  return below(rowsOf(call.context.store, logicalName).all(), {
    key: primaryKey,
    parent: parentColumn(call),
    root: idOf(call),
  })
}

function below(
  rows: readonly StoredRow[],
  { key, parent, root }: { key: string; parent: string; root: string },
): string[] {
  const found = new Set<string>()
  const waiting = [root]
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop())
    for (const row of rows) {
      const child = String(row[key])
      if (row[parent] !== id || found.has(child)) continue
      found.add(child)
      waiting.push(child)
    }
  return [...found]
}
