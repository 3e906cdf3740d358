import type { ColumnDefinition, TableDefinition } from '../../schema.ts'
import type { Cell, StoredRow } from '../../store/store.ts'
import { type ApiContext, notEmulated } from '../operation.ts'
import { compareCells, edmType, holds, incompatible, literalOrder } from './compare.ts'
import { derivedReader } from './derived.ts'
import type { CompareOperator, Expression, Operand, Path } from './expression.ts'
import { likePattern } from './like.ts'
import { noSignature } from './parse-filter.ts'
import { columnOfProperty, lookupNavigation, propertyOf, requireTable, unknownProperty } from './paths.ts'
import { queryFunction } from './query-functions.ts'
import { relatedRows } from './related.ts'
import { rowsOf } from './rows-of.ts'
import { syntaxError } from './tokens.ts'

/** A filter tree as a function of a row. Two-valued: a comparison with NULL is false, and `not` and `ne` take it in. */
export type Predicate = (row: StoredRow) => boolean

type ScopedPredicate = (row: StoredRow, scope: Scope) => boolean
/** Rows that lambda variables stand for. */
type Scope = Readonly<Record<string, StoredRow>>

export function compileFilter(
  expression: Expression,
  table: TableDefinition,
  context: ApiContext,
): Predicate {
  const compiled = compile(expression, { table, context, variables: NO_VARIABLES })
  return (row) => compiled(row, NO_SCOPE)
}

const NO_SCOPE: Scope = {}
/** For expressions outside any lambda. */
export const NO_VARIABLES: ReadonlyMap<string, TableDefinition> = new Map()

interface Setting {
  readonly table: TableDefinition
  readonly context: ApiContext
  readonly variables: ReadonlyMap<string, TableDefinition>
}

function compile(expression: Expression, setting: Setting): ScopedPredicate {
  switch (expression.kind) {
    case 'logical': {
      const left = compile(expression.left, setting)
      const right = compile(expression.right, setting)
      return expression.operator === 'and'
        ? (row, scope) => left(row, scope) && right(row, scope)
        : (row, scope) => left(row, scope) || right(row, scope)
    }
    case 'not': {
      const inner = compile(expression.inner, setting)
      return (row, scope) => !inner(row, scope)
    }
    case 'compare':
      return comparison(expression, setting)
    case 'text':
      return textFunction(expression, setting)
    case 'query':
      return queryPredicate(expression, setting)
    case 'lambda':
      return lambda(expression, setting)
    case 'boolean': {
      const { operand } = expression
      if (operand.kind === 'boolean') return () => operand.value
      if (operand.kind !== 'path')
        throw syntaxError('The $filter expression must evaluate to a single boolean value.')
      const { column, read } = accessor(operand, setting)
      if (column.type !== 'Boolean')
        throw syntaxError('The $filter expression must evaluate to a single boolean value.')
      return (row, scope) => read(row, scope) === true
    }
  }
}

const MIRRORED: Readonly<Record<CompareOperator, CompareOperator>> = {
  eq: 'eq',
  ne: 'ne',
  gt: 'lt',
  ge: 'le',
  lt: 'gt',
  le: 'ge',
}

function comparison(expression: Extract<Expression, { kind: 'compare' }>, setting: Setting): ScopedPredicate {
  const { operator, left, right } = expression
  if (left.kind !== 'path') {
    if (right.kind === 'path')
      return comparison({ kind: 'compare', operator: MIRRORED[operator], left: right, right: left }, setting)
    throw syntaxError('A comparison of two literals is not supported.')
  }
  refuseNavigation(left, expression, setting)
  const { column, read } = accessor(left, setting)
  if (right.kind === 'path') {
    const other = accessor(right, setting)
    if (other.column.type !== column.type)
      throw syntaxError(
        `The columns ${column.logicalName} and ${other.column.logicalName} are not of the same type.`,
      )
    return (row, scope) => {
      const a = read(row, scope)
      const b = other.read(row, scope)
      if (a === undefined || b === undefined) return operator === 'ne' && a !== b
      return holds(operator, compareCells(column.type, a, b))
    }
  }
  if (right.kind === 'null') {
    if (operator === 'eq') return (row, scope) => read(row, scope) === undefined
    if (operator === 'ne') return (row, scope) => read(row, scope) !== undefined
    throw incompatible(edmType(column), operator, right)
  }
  const order = literalOrder(column, operator, right)
  const forNull = operator === 'ne'
  return (row, scope) => {
    const cell = read(row, scope)
    return cell === undefined ? forNull : holds(operator, order(cell))
  }
}

/** `primarycontactid eq <guid>`: the navigation property is a row, its value is `_primarycontactid_value`. */
function refuseNavigation(
  { segments }: Path,
  { operator, right }: Extract<Expression, { kind: 'compare' }>,
  { table, context }: Setting,
): void {
  const [relationship] =
    segments.length === 1 ? lookupNavigation(context.store.schema, table, segments[0] ?? '') : []
  if (!relationship || right.kind === 'path') return
  throw incompatible(`Microsoft.Dynamics.CRM.${relationship.referencedTable}`, operator, right)
}

function textFunction(
  { name, property, text }: Extract<Expression, { kind: 'text' }>,
  setting: Setting,
): ScopedPredicate {
  const { column, read } = accessor(property, setting)
  if (text.kind !== 'text' || !['String', 'Memo', 'EntityName'].includes(column.type)) throw noSignature(name)
  const pattern = { contains: `%${text.value}%`, startswith: `${text.value}%`, endswith: `%${text.value}` }[
    name
  ]
  const matches = likePattern(pattern)
  return (row, scope) => {
    const cell = read(row, scope)
    return typeof cell === 'string' && matches(cell)
  }
}

function queryPredicate(
  { owner, name, parameters }: Extract<Expression, { kind: 'query' }>,
  setting: Setting,
): ScopedPredicate {
  const property = parameters.get('PropertyName')
  if (property?.kind !== 'text') throw syntaxError(`${name} needs the parameter PropertyName as a text.`)
  const wire = queriedProperty(property.value, tableAt(owner, setting), setting.context)
  const { column, read, table } = accessor({ kind: 'path', segments: [...owner, wire] }, setting)
  const test = queryFunction(name, {
    column,
    table,
    values: valuesOf(parameters),
    context: setting.context,
  })
  return (row, scope) => test(read(row, scope))
}

/** The property these functions mean. They take a lookup by its logical name too, as FetchXML does: `ownerid`. */
function queriedProperty(name: string, table: TableDefinition, { store }: ApiContext): string {
  const column = store.schema.column(table.logicalName, name)
  return column === undefined ? name : propertyOf(column)
}

/** Where a path of lambda variables and lookups leads. */
function tableAt(path: readonly string[], { table, context, variables }: Setting): TableDefinition {
  return path.reduce((from, name, at) => {
    const variable = at === 0 ? variables.get(name) : undefined
    if (variable) return variable
    const lookups = lookupNavigation(context.store.schema, from, name)
    const [lookup] = lookups
    if (!lookup) throw unknownProperty(from, name)
    return requireTable(context.store.schema, lookups.length > 1 ? 'systemuser' : lookup.referencedTable)
  }, table)
}

/** All values of a query function in order, as text. */
function valuesOf(parameters: ReadonlyMap<string, Operand>): readonly string[] {
  const list = parameters.get('PropertyValues')
  if (list?.kind === 'list') return list.values
  return ['PropertyValue', 'PropertyValue1', 'PropertyValue2'].flatMap((name) => {
    const value = parameters.get(name)
    return value && 'value' in value ? [String(value.value)] : []
  })
}

function lambda(expression: Extract<Expression, { kind: 'lambda' }>, setting: Setting): ScopedPredicate {
  const { quantifier, collection, variable, inner } = expression
  const { context } = setting
  const [first = '', second] = collection.segments
  const owner = second === undefined ? undefined : setting.variables.get(first)
  if (collection.segments.length > (owner ? 2 : 1))
    throw syntaxError(
      'A lambda below a lookup is not supported. Use it directly on a collection-valued navigation property.',
    )
  const table = owner ?? setting.table
  const name = second ?? first
  const relation = relatedRows(context.store, table, name)
  if (!relation) {
    if (lookupNavigation(context.store.schema, table, name).length > 0)
      throw syntaxError('Any/All may only be used following a collection.')
    throw unknownProperty(table, name)
  }
  const test =
    inner &&
    compile(inner, {
      context,
      table: relation.table,
      variables: new Map([...setting.variables, [variable, relation.table]]),
    })
  return (row, scope) => {
    const parent = owner ? scope[first] : row
    const rows = parent ? relation.rows(parent) : []
    if (!test) return rows.length > 0
    const holdsFor = (related: StoredRow) => test(related, { ...scope, [variable]: related })
    return quantifier === 'any' ? rows.some(holdsFor) : rows.every(holdsFor)
  }
}

export interface Accessor {
  readonly column: ColumnDefinition
  readonly table: TableDefinition
  readonly read: (row: StoredRow, scope: Scope) => Cell | undefined
}

/** Follows single-valued navigation properties to a column. */
export function accessor(path: Path, setting: Setting): Accessor {
  const { context, variables } = setting
  const [first = '', ...others] = path.segments
  const start = variables.get(first)
  if (start) {
    const { column, table, read } = accessor(
      { kind: 'path', segments: others },
      { ...setting, table: start, variables: NO_VARIABLES },
    )
    return {
      column,
      table,
      read: (_row, scope) => {
        const own = scope[first]
        return own && read(own, scope)
      },
    }
  }
  const { schema } = context.store
  if (others.length === 0) {
    const column = columnOfProperty(schema, setting.table, first)
    if (!column) throw unknownProperty(setting.table, first)
    if (derivedReader(column, setting.table, context.store))
      throw notEmulated(`conditions on and sorting by ${first}, which belongs to a file or image`)
    const name = column.logicalName
    return { column, table: setting.table, read: (row) => row[name] }
  }
  const [relationship, ...alternatives] = lookupNavigation(schema, setting.table, first)
  if (!relationship) throw unknownProperty(setting.table, first)
  const target = alternatives.length > 0 ? 'systemuser' : relationship.referencedTable
  const next = accessor(
    { kind: 'path', segments: others },
    { ...setting, table: requireTable(schema, target) },
  )
  const lookup = relationship.referencingColumn
  const rows = rowsOf(context.store, target)
  return {
    column: next.column,
    table: next.table,
    read: (row, scope) => {
      const id = row[lookup]
      const related = typeof id === 'string' ? rows.get(id) : undefined
      return related && next.read(related, scope)
    },
  }
}
