import type { Capabilities } from '../capabilities/capabilities.ts'
import type { Table } from '../catalog/table.ts'
import {
  type Fields,
  functionName,
  isFields,
  kindOf,
  listOf,
  namesOf,
  nodeOf,
  positionOf,
  textOf,
} from './ast.ts'
import { sqlError } from './parse.ts'
import { createScan, type Scan, starColumns } from './scan.ts'
import { type ColumnUse, type Relation, resolve, type Scope, visibleColumns } from './scope.ts'

/** Gives every name in a statement its meaning: tables become scans, column references uses of them. */
export interface Bound {
  readonly scans: readonly Scan[]
  /** By the inside of the RangeVar node. */
  readonly scanOf: ReadonlyMap<Fields, Scan>
  /** By the inside of the ColumnRef node; references the engine has to resolve are not in it. */
  readonly uses: ReadonlyMap<Fields, ColumnUse>
  /** Scope of every SELECT, by the inside of its node. */
  readonly scopeOf: ReadonlyMap<Fields, Scope>
}

export interface BindOptions {
  readonly text: string
  /** The tables of the statement, by `system.table` or `table` as it names them, in lower case. */
  readonly tables: ReadonlyMap<string, Table>
  readonly annotations: Capabilities['read']['annotations']
}

/** Tables a statement names, CTEs apart: what has to be known of the catalog before it is bound. */
export interface TableName {
  readonly system: string | undefined
  readonly table: string
  readonly position: number | undefined
  /** Does a CTE of the statement have this name too? */
  readonly isCte: boolean
}

export function bind(tree: Fields, options: BindOptions): Bound {
  const binder = createBinder(options)
  const select = nodeOf(tree, 'SelectStmt')
  if (select) binder.select(select, undefined, new Map())
  return binder.bound
}

export function tableKey({ system, table }: Pick<TableName, 'system' | 'table'>): string {
  return (system === undefined ? table : `${system}.${table}`).toLowerCase()
}

/** What tools put before the tables of the connection's own environment. */
const OWN_SCHEMAS = ['dbo', 'public']

export function tableNameOf(rangeVar: Fields): TableName {
  const schema = textOf(rangeVar.schemaname)
  return {
    system: OWN_SCHEMAS.includes(schema?.toLowerCase() ?? '') ? undefined : schema,
    table: textOf(rangeVar.relname) ?? '',
    position: positionOf(rangeVar),
    isCte: false,
  }
}

/** Names of CTEs in sight, with the columns each gives where they are known. */
type Ctes = ReadonlyMap<string, readonly string[] | undefined>

function createBinder({ text, tables, annotations }: BindOptions) {
  const scans: Scan[] = []
  const scanOf = new Map<Fields, Scan>()
  const uses = new Map<Fields, ColumnUse>()
  const scopeOf = new Map<Fields, Scope>()

  /** Binds a SELECT and everything below it; gives the names of its columns where they are known. */
  const select = (stmt: Fields, outer: Scope | undefined, seen: Ctes): readonly string[] | undefined => {
    const ctes = withClause(stmt, outer, seen)
    if (stmt.op !== undefined && stmt.op !== 'SETOP_NONE') {
      const left = isFields(stmt.larg) ? select(stmt.larg, outer, ctes) : undefined
      if (isFields(stmt.rarg)) select(stmt.rarg, outer, ctes)
      const scope: Scope = {
        relations: [{ alias: '', scan: undefined, columns: left }],
        parent: outer,
        aliases: new Set(),
      }
      for (const part of [stmt.sortClause, stmt.limitCount, stmt.limitOffset]) expressions(part, scope, ctes)
      return left
    }
    const relations: Relation[] = []
    const scope: Scope = { relations, parent: outer, aliases: aliasesOf(stmt) }
    scopeOf.set(stmt, scope)
    for (const item of listOf(stmt.fromClause)) relation(item, { scope, relations, outer, ctes })
    for (const item of listOf(stmt.fromClause)) joinConditions(item, scope, ctes)
    for (const [name, part] of Object.entries(stmt))
      if (name !== 'fromClause' && name !== 'withClause') expressions(part, scope, ctes)
    return outputNames(stmt, scope)
  }

  const withClause = (stmt: Fields, outer: Scope | undefined, seen: Ctes): Ctes => {
    const clause = isFields(stmt.withClause) ? stmt.withClause : undefined
    if (!clause) return seen
    const ctes = new Map(seen)
    for (const item of listOf(clause.ctes)) {
      const cte = nodeOf(item, 'CommonTableExpr') ?? {}
      const name = (textOf(cte.ctename) ?? '').toLowerCase()
      const named = namesOf(cte.aliascolnames)
      if (clause.recursive === true) ctes.set(name, named.length > 0 ? named : undefined)
      const query = nodeOf(cte.ctequery, 'SelectStmt')
      const columns = query ? select(query, outer, ctes) : undefined
      ctes.set(name, named.length > 0 ? named : columns)
    }
    return ctes
  }

  interface FromContext {
    readonly scope: Scope
    readonly relations: Relation[]
    readonly outer: Scope | undefined
    readonly ctes: Ctes
  }

  const relation = (item: unknown, context: FromContext): void => {
    const { scope, relations, outer, ctes } = context
    const join = nodeOf(item, 'JoinExpr')
    if (join) {
      relation(join.larg, context)
      relation(join.rarg, context)
      return
    }
    const rangeVar = nodeOf(item, 'RangeVar')
    if (rangeVar) {
      relations.push(tableRelation(rangeVar, ctes))
      return
    }
    const subselect = nodeOf(item, 'RangeSubselect')
    if (subselect) {
      const query = nodeOf(subselect.subquery, 'SelectStmt')
      const columns = query ? select(query, subselect.lateral === true ? scope : outer, ctes) : undefined
      const alias = aliasOf(subselect)
      relations.push({ alias: alias.name, scan: undefined, columns: alias.columns ?? columns })
      return
    }
    const sample = nodeOf(item, 'RangeTableSample')
    if (sample)
      throw sqlError('TABLESAMPLE is not understood', {
        text,
        position: positionOf(sample),
        hint: 'Write WHERE random() < 0.1 for a tenth of the rows.',
      })
    // Functions and the like: only the engine knows what they give.
    expressions(item, scope, ctes)
    const fields = isFields(item) ? Object.values(item).find(isFields) : undefined
    relations.push({ alias: fields ? aliasOf(fields).name : '', scan: undefined, columns: undefined })
  }

  const tableRelation = (rangeVar: Fields, ctes: Ctes): Relation => {
    const name = tableNameOf(rangeVar)
    const alias = aliasOf(rangeVar)
    const shown = alias.name === '' ? name.table : alias.name
    const cte = name.system === undefined && ctes.has(name.table.toLowerCase())
    if (cte)
      return { alias: shown, scan: undefined, columns: alias.columns ?? ctes.get(name.table.toLowerCase()) }
    const table = tables.get(tableKey(name))
    if (!table) throw sqlError(`There is no table ${name.table}`, { text, position: name.position })
    if (alias.columns)
      throw sqlError('Columns of a table cannot be renamed in the FROM clause', {
        text,
        position: name.position,
        hint: 'Write a sub-query: from (select name as n from account) as a.',
      })
    const scan = createScan(table, { number: scans.length + 1, system: name.system, annotations })
    scans.push(scan)
    scanOf.set(rangeVar, scan)
    return { alias: shown, scan, columns: undefined }
  }

  const joinConditions = (item: unknown, scope: Scope, ctes: Ctes): void => {
    const join = nodeOf(item, 'JoinExpr')
    if (!join) return
    joinConditions(join.larg, scope, ctes)
    joinConditions(join.rarg, scope, ctes)
    expressions(join.quals, scope, ctes)
    const using = namesOf(join.usingClause)
    for (const { scan } of scope.relations)
      for (const column of join.isNatural === true ? (scan ? starColumns(scan) : []) : using)
        if (scan?.columns.has(column.toLowerCase())) scan.used.add(column.toLowerCase())
  }

  const expressions = (value: unknown, scope: Scope, ctes: Ctes): void => {
    if (Array.isArray(value)) {
      for (const item of value) expressions(item, scope, ctes)
      return
    }
    if (!isFields(value)) return
    const reference = nodeOf(value, 'ColumnRef')
    if (reference) {
      useColumn(reference, scope)
      return
    }
    const query = nodeOf(value, 'SelectStmt')
    if (query) {
      select(query, scope, ctes)
      return
    }
    const kind = kindOf(value)
    const fields = kind === undefined ? value : value[kind]
    if (isFields(fields)) for (const inside of Object.values(fields)) expressions(inside, scope, ctes)
  }

  const useColumn = (reference: Fields, scope: Scope): void => {
    const names = namesOf(reference.fields)
    const found = resolve(names, scope)
    if (found.kind === 'column') {
      found.use.scan.used.add(found.use.column)
      uses.set(reference, found.use)
    } else if (found.kind === 'row') {
      for (const scan of found.scans)
        for (const { name } of scan.table.columns.filter((one) => one.readable)) scan.used.add(name)
    } else if (found.kind === 'ambiguous')
      throw sqlError(`${names.join('.')} could be a column of ${found.among.join(' or ')}`, {
        text,
        position: positionOf(reference),
        hint: `Write ${found.among[0]}.${names.at(-1)}.`,
      })
    else if (found.kind === 'unknown')
      throw sqlError(
        found.relation === undefined
          ? `There is no column ${names.join('.')}`
          : `There is no table or alias ${found.relation} in the FROM clause`,
        {
          text,
          position: positionOf(reference),
          hint: found.near.length > 0 ? `Did you mean ${found.near.join(' or ')}?` : undefined,
        },
      )
  }

  return { select, bound: { scans, scanOf, uses, scopeOf } satisfies Bound }
}

function aliasOf(fields: Fields): { name: string; columns: readonly string[] | undefined } {
  const alias = isFields(fields.alias) ? fields.alias : {}
  const columns = namesOf(alias.colnames)
  return { name: textOf(alias.aliasname) ?? '', columns: columns.length > 0 ? columns : undefined }
}

function aliasesOf(stmt: Fields): ReadonlySet<string> {
  return new Set(
    listOf(stmt.targetList).flatMap(
      (target) => textOf(nodeOf(target, 'ResTarget')?.name)?.toLowerCase() ?? [],
    ),
  )
}

/** Names of the columns a SELECT gives; undefined where one of them is only known to the engine. */
export function outputNames(stmt: Fields, scope: Scope): readonly string[] | undefined {
  const names: string[] = []
  for (const item of listOf(stmt.targetList)) {
    const target = nodeOf(item, 'ResTarget') ?? {}
    const star = starOf(target)
    if (star !== undefined) {
      const relations = star === '' ? scope.relations : scope.relations.filter(({ alias }) => alias === star)
      for (const one of relations) {
        const columns = visibleColumns(one)
        if (columns === undefined) return undefined
        names.push(...columns)
      }
      continue
    }
    const name = textOf(target.name) ?? impliedName(target.val)
    if (name === undefined) return undefined
    names.push(name)
  }
  return listOf(stmt.valuesLists).length > 0 ? undefined : names
}

/** Alias before a star, '' for a bare one; undefined for all other targets. */
export function starOf(target: Fields): string | undefined {
  const names = namesOf(nodeOf(target.val, 'ColumnRef')?.fields)
  return names.at(-1) === '*' ? (names.at(-2) ?? '') : undefined
}

function impliedName(value: unknown): string | undefined {
  const reference = nodeOf(value, 'ColumnRef')
  if (reference) return namesOf(reference.fields).at(-1)
  const called = nodeOf(value, 'FuncCall')
  return called ? functionName(called) : undefined
}
