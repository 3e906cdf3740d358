import { nearNames } from '../core/near.ts'
import type { Fields } from './ast.ts'
import { type Scan, starColumns } from './scan.ts'

/** What one name in a FROM clause stands for. */
export interface Relation {
  readonly alias: string
  /** A remote table; undefined for a sub-query, a CTE, a function. */
  readonly scan: Scan | undefined
  /** Names of its columns; undefined where only the engine knows them. */
  readonly columns: readonly string[] | undefined
}

/** One SELECT (or DML statement) and its names; those of the queries around it are its parents. */
export interface Scope {
  readonly relations: readonly Relation[]
  readonly parent: Scope | undefined
  /** Names the target list gives, which ORDER BY and GROUP BY may use. */
  readonly aliases: ReadonlySet<string>
}

/** A column reference that surely means one column of one scan. */
export interface ColumnUse {
  readonly scan: Scan
  readonly column: string
  /** The query whose FROM has the scan. */
  readonly scope: Scope
}

export type Uses = ReadonlyMap<Fields, ColumnUse>

export type Resolution =
  | { readonly kind: 'column'; readonly use: ColumnUse }
  /** Every column of a relation: `a.*`, or the row itself. */
  | { readonly kind: 'row'; readonly scans: readonly Scan[] }
  /** Something the engine resolves: a derived column, an alias. */
  | { readonly kind: 'local' }
  | { readonly kind: 'ambiguous'; readonly among: readonly string[] }
  | { readonly kind: 'unknown'; readonly near: readonly string[]; readonly relation: string | undefined }

/** Finds what a reference means; names are matched without case, as unquoted SQL names are. */
export function resolve(names: readonly string[], scope: Scope): Resolution {
  const [last = ''] = names.slice(-1)
  const qualifier = names.at(-2)
  if (last === '*') return resolveStar(qualifier, scope)
  return qualifier === undefined ? resolveBare(last, scope) : resolveQualified(qualifier, last, scope)
}

function resolveStar(qualifier: string | undefined, scope: Scope): Resolution {
  if (qualifier === undefined)
    return { kind: 'row', scans: scope.relations.flatMap(({ scan }) => scan ?? []) }
  const found = relationNamed(qualifier, scope)
  if (!found) return { kind: 'unknown', near: [], relation: qualifier }
  return { kind: 'row', scans: found.relation.scan ? [found.relation.scan] : [] }
}

function resolveQualified(qualifier: string, column: string, scope: Scope): Resolution {
  const found = relationNamed(qualifier, scope)
  if (!found) return { kind: 'unknown', near: namesInScope(scope, qualifier), relation: qualifier }
  const { relation } = found
  if (!relation.scan) {
    if (relation.columns === undefined || has(relation.columns, column)) return { kind: 'local' }
    return { kind: 'unknown', near: nearNames(column, relation.columns), relation: undefined }
  }
  const name = columnNamed(relation.scan, column)
  if (name === undefined)
    return { kind: 'unknown', near: nearNames(column, relation.scan.columns.keys()), relation: undefined }
  return { kind: 'column', use: { scan: relation.scan, column: name, scope: found.scope } }
}

function resolveBare(column: string, innermost: Scope): Resolution {
  for (let scope: Scope | undefined = innermost; scope; scope = scope.parent) {
    const here: Scope = scope
    const sure = here.relations.filter((relation) => offers(relation, column) === true)
    const [only] = sure
    if (sure.length > 1) return { kind: 'ambiguous', among: sure.map(({ alias }) => alias) }
    if (only) {
      const name = only.scan && columnNamed(only.scan, column)
      if (!only.scan || name === undefined) return { kind: 'local' }
      return { kind: 'column', use: { scan: only.scan, column: name, scope: here } }
    }
    if (here.aliases.has(column.toLowerCase())) return { kind: 'local' }
    const row = here.relations.find(({ alias }) => alias.toLowerCase() === column.toLowerCase())
    if (row) return { kind: 'row', scans: row.scan ? [row.scan] : [] }
    // A relation whose columns are not known may have it: then only the engine can tell.
    if (here.relations.some((relation) => offers(relation, column) === undefined)) return { kind: 'local' }
  }
  return { kind: 'unknown', near: namesInScope(innermost, column), relation: undefined }
}

function offers({ scan, columns }: Relation, column: string): boolean | undefined {
  if (scan) return columnNamed(scan, column) !== undefined
  return columns === undefined ? undefined : has(columns, column)
}

function has(columns: readonly string[], column: string): boolean {
  return columns.some((name) => name.toLowerCase() === column.toLowerCase())
}

function columnNamed({ columns }: Scan, column: string): string | undefined {
  const name = column.toLowerCase()
  return columns.has(name) ? name : undefined
}

function relationNamed(name: string, innermost: Scope): { relation: Relation; scope: Scope } | undefined {
  for (let scope: Scope | undefined = innermost; scope; scope = scope.parent) {
    const relation = scope.relations.find(({ alias }) => alias.toLowerCase() === name.toLowerCase())
    if (relation) return { relation, scope }
  }
  return undefined
}

function namesInScope(innermost: Scope, wanted: string): string[] {
  const names: string[] = []
  for (let scope: Scope | undefined = innermost; scope; scope = scope.parent)
    for (const { alias, scan, columns } of scope.relations)
      names.push(alias, ...(scan ? scan.columns.keys() : (columns ?? [])))
  return nearNames(wanted, new Set(names))
}

/** Columns of a relation as a star shows them; undefined where only the engine knows. */
export function visibleColumns({ scan, columns }: Relation): readonly string[] | undefined {
  return scan ? starColumns(scan) : columns
}
