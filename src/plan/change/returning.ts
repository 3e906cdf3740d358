import type { Table } from '../../catalog/table.ts'
import {
  columnRef,
  type Fields,
  isFields,
  listOf,
  namesOf,
  nodeOf,
  positionOf,
  replaceNodes,
  starRef,
  textConstant,
  walk,
} from '../ast.ts'
import { parseStatement, type Statement, sqlError } from '../parse.ts'
import type { ChangeAction, Reading } from './change.ts'
import { aliasOf } from './keyed.ts'

/**
 * RETURNING. Of a row that was deleted its values are found along with it; of any other they are asked for afterwards,
 * for plug-ins, defaults and calculated columns have their say in what a row is once it is written.
 */
export interface Returning {
  /** The list, in terms of the row as it is afterwards and of `_found`, what was found before. */
  readonly targets: readonly unknown[]
  /** The table that was changed, as the statement names it. */
  readonly relation: Fields
  readonly table: Table
  /** Places of a found row whose values the list refers to. */
  readonly found: { readonly from: number; readonly count: number }
  /** From this place on a found row is what the list says of it when it is deleted; undefined where nothing is. */
  readonly removedFrom: number | undefined
}

/** A row that was written, and what was found for it. */
export interface WrittenRow {
  readonly action: ChangeAction['mode']
  readonly id: string
  /** Values of `Returning.found`, as SQL. */
  readonly found: readonly string[]
}

export interface ReturningReading extends Reading {
  readonly relation: Fields
  /** Does the statement read other tables, whose columns the list may name? */
  readonly hasOthers: boolean
  readonly modes: readonly ChangeAction['mode'][]
  /** How many values a found row has before those for the list. */
  readonly from: number
}

export interface ReadReturning {
  readonly returning: Returning
  /** To be added to the SELECT that finds the rows. */
  readonly selected: readonly unknown[]
}

export function readReturning(clause: unknown, reading: ReturningReading): ReadReturning | undefined {
  const { relation, table, modes, from, hasOthers, statement } = reading
  const list = listOf(isFields(clause) ? clause.exprs : undefined)
  if (list.length === 0) return undefined
  const after = listAfter(list, reading)
  const removes = modes.includes('delete')
  return {
    returning: {
      targets: after.targets,
      relation,
      table,
      found: { from, count: after.found.length },
      removedFrom: removes ? from + after.found.length : undefined,
    },
    selected: [
      ...after.found.map((val, at) => ({ ResTarget: { name: foundColumn(at), val } })),
      ...(removes ? listBefore(list, aliasOf(relation)) : []),
    ],
  }
  function listAfter(targets: readonly unknown[], { table: own }: ReturningReading) {
    const alias = aliasOf(relation)
    const isInsert = modes.every((mode) => mode === 'insert' || mode === 'upsert') && !hasOthers
    const found: Fields[] = []
    const kept = (reference: Fields): Fields => {
      found.push(reference)
      return columnRef(FOUND, foundColumn(found.length - 1))
    }
    const inside = insideSubQueries(targets)
    const rewritten = replaceNodes(targets, (kind, fields, original) => {
      if (kind === 'MergeSupportFunc') return columnRef(FOUND, '_action')
      if (kind !== 'ColumnRef') return undefined
      const names = namesOf(fields.fields)
      const [qualifier, name = ''] = names.length > 1 ? [names.at(-2), names.at(-1)] : [undefined, names[0]]
      const isStar = name === '*'
      if (isStar && qualifier === undefined && !hasOthers) return starRef(alias)
      const which = qualifier?.toLowerCase()
      if (which === 'new') return isStar ? starRef(alias) : columnRef(alias, name)
      if (which === alias.toLowerCase()) return undefined
      if (isStar && (which !== undefined || hasOthers))
        throw sqlError(`RETURNING cannot give ${qualifier === undefined ? '' : `${qualifier}.`}* here`, {
          text: statement.text,
          position: positionOf(fields),
          hint: `Name its columns, or write ${alias}.* for the row that is written.`,
        })
      if (which === 'old') return isInsert ? NULL : kept(columnRef(alias, name))
      if (qualifier !== undefined) return hasOthers ? kept({ ColumnRef: fields }) : undefined
      const isOwn = !hasOthers || inside.has(original) || hasColumn(own, name)
      return isOwn ? undefined : kept({ ColumnRef: fields })
    })
    return { targets: listOf(named(targets, rewritten)), found }
  }
}

/** The list for rows that are deleted: they are what they were. */
function listBefore(list: readonly unknown[], alias: string): readonly unknown[] {
  const rewritten = replaceNodes(list, (kind, fields) => {
    if (kind === 'MergeSupportFunc') return textConstant('DELETE')
    if (kind !== 'ColumnRef') return undefined
    const [qualifier, name = '', more] = namesOf(fields.fields)
    if (more !== undefined) return undefined
    if (qualifier?.toLowerCase() === 'old') return name === '*' ? starRef(alias) : columnRef(alias, name)
    return qualifier?.toLowerCase() === 'new' ? NULL : undefined
  })
  return listOf(named(list, rewritten))
}

/** Does a RETURNING list ask what a row was before? */
export function asksForOld(clause: unknown): boolean {
  let found = false
  walk(clause, (kind, fields) => {
    const names = kind === 'ColumnRef' ? namesOf(fields.fields) : []
    if (names.length === 2 && names[0]?.toLowerCase() === 'old') found = true
    return true
  })
  return found
}

/** The SELECT of what a list says of rows that were written; the last value of each is its place among them, from 0. */
export async function returningStatement(
  { targets, relation, table }: Returning,
  written: readonly WrittenRow[],
): Promise<Statement> {
  const alias = aliasOf(relation)
  const [first] = written
  const columns = ['_row', '_key', '_action', ...(first?.found ?? []).map((_, at) => foundColumn(at))]
  const rows = written.map(
    ({ action, id, found }, at) =>
      `(${[String(at), `'${id}'`, `'${ACTIONS[action]}'`, ...found].join(', ')})`,
  )
  const ids = written.map(({ id }) => `'${id}'`)
  const frame = await parseStatement(
    `select 1 from (values ${rows.join(', ')}) as ${FOUND}(${columns.join(', ')}) join t on true
     where k in (${ids.join(', ')}) and k = ${FOUND}._key`,
  )
  const key = columnRef(alias, table.primaryKey)
  const tree = replaceNodes(frame.tree, (kind, fields) => {
    if (kind === 'RangeVar') return { RangeVar: relation }
    if (kind === 'ColumnRef' && namesOf(fields.fields)[0] === 'k') return key
    if (kind === 'SelectStmt' && listOf(fields.targetList).length > 0)
      return {
        SelectStmt: { ...fields, targetList: [...targets, { ResTarget: { val: columnRef(FOUND, '_row') } }] },
      }
    return undefined
  })
  return { text: frame.text, tree: isFields(tree) ? tree : frame.tree }
}

const FOUND = '_found'
const NULL: Fields = { A_Const: { isnull: true } }
const ACTIONS = { insert: 'INSERT', update: 'UPDATE', upsert: 'UPSERT', delete: 'DELETE' } as const

function foundColumn(at: number): string {
  return `_f${at + 1}`
}

/** Columns keep the names that the statement's own words give them. */
function named(list: readonly unknown[], rewritten: unknown): unknown {
  return listOf(rewritten).map((item, at) => {
    const target = nodeOf(item, 'ResTarget')
    const own = nodeOf(list[at], 'ResTarget')
    const names = namesOf(nodeOf(own?.val, 'ColumnRef')?.fields)
    const name = own && nodeOf(own.val, 'MergeSupportFunc') ? 'merge_action' : names.at(-1)
    if (!target || target.name !== undefined || name === undefined || name === '*') return item
    return { ResTarget: { ...target, name } }
  })
}

/** References in sub-queries, whose bare names may be those of tables there. */
function insideSubQueries(list: readonly unknown[]): ReadonlySet<Fields> {
  const found = new Set<Fields>()
  walk(list, (kind, fields) => {
    if (kind !== 'SelectStmt') return true
    walk(Object.values(fields), (inner, reference) => {
      if (inner === 'ColumnRef') found.add(reference)
      return true
    })
    return false
  })
  return found
}

/** A column of the table, or what goes with one: the label of a choice, the name and table of a lookup. */
function hasColumn({ columns }: Table, name: string): boolean {
  const wanted = name.toLowerCase()
  return columns.some((column) => [column.name, `${column.name}name`, `${column.name}type`].includes(wanted))
}
