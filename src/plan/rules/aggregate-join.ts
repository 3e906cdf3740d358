import type { FetchXmlLimits } from '../../capabilities/capabilities.ts'
import type { Column, Table } from '../../catalog/table.ts'
import { columnRef, type Fields, isFields, namesOf, nodeOf, replaceNodes, walk } from '../ast.ts'
import { type BindOptions, type Bound, bind } from '../bind.ts'
import type { JoinedColumn, RemoteScan } from '../plan.ts'
import { pushAggregate, type RemoteAggregate } from '../push-aggregate.ts'
import type { Scan } from '../scan.ts'
import { whyNotExactJoin } from './exact-join.ts'
import { linkJoins } from './link-joins.ts'

/**
 * Groups of a join along lookups (or of one table), counted and summed by the service. The join is looked at as one table whose columns
 * are those of all its tables; what may be sent of that is what may be sent of any table.
 */
export interface AggregatedJoin {
  /** The scan of the join, without its groups yet. */
  readonly scan: RemoteScan
  readonly aggregate: RemoteAggregate
  /** Of the statement over the one table. */
  readonly bound: Bound
}

export interface AggregateJoinOptions {
  readonly tree: Fields
  readonly bound: Bound
  readonly limits: FetchXmlLimits
  readonly annotations: BindOptions['annotations']
}

/** Undefined where the tables are not joined along lookups, or nothing is aggregated. */
export function aggregateJoin(
  scans: readonly RemoteScan[],
  { tree, bound, limits, annotations }: AggregateJoinOptions,
): AggregatedJoin | { readonly refused: string } | undefined {
  const select = nodeOf(tree, 'SelectStmt')
  const [joined, more] = linkJoins(scans, { bound, limits, limited: true })
  const root = bound.scans.find(({ id }) => id === joined?.id)
  if (!select || scans.length < 2 || !joined || more || !root) return undefined
  if (joined.local.some((line) => line.startsWith('filter: '))) return { refused: 'a condition stays here' }
  const inexact = whyNotExactJoin(select, { bound, limits })
  if (inexact !== undefined) return { refused: inexact }
  if (namesRows(select, bound)) return { refused: 'it names whole rows' }
  const flat = flatTable(bound.scans, root)
  const over = flatStatement(select, bound)
  const again = bind(over, { text: '', tables: new Map([[FLAT, flat.table]]), annotations })
  const [scan] = again.scans
  const aggregate = pushAggregate(over, again, { keyOf: flat.keyOf })
  if (!scan || !aggregate) return undefined
  if ('refused' in aggregate) return aggregate
  const { id, table, columns } = scan
  return {
    scan: {
      ...joined,
      id,
      table,
      joined: flat.columns,
      columns: [...columns.keys()],
      order: [],
      top: undefined,
      reductions: [],
      local: [],
    },
    aggregate,
    bound: again,
  }
}

/** Name of the one table. */
const FLAT = 'joined'

function namesRows(select: Fields, { uses }: Bound): boolean {
  let found = false
  walk([select], (kind, fields) => {
    if (kind !== 'ColumnRef' || uses.has(fields)) return true
    const names = namesOf(fields.fields)
    found ||= names.length > 1 || names.includes('*')
    return true
  })
  return found
}

function nameIn({ id }: Scan, column: string): string {
  return `${id}__${column}`
}

function flatTable(scans: readonly Scan[], root: Scan) {
  const columns = new Map<string, JoinedColumn>()
  const keys = new Map<string, string>()
  const all = scans.flatMap((scan) =>
    scan.table.columns.map((column): Column => {
      const name = nameIn(scan, column.name)
      columns.set(name, { scan: scan.id, column: column.name })
      if (scan !== root) keys.set(name, nameIn(scan, scan.table.primaryKey))
      return { ...column, name, property: name }
    }),
  )
  const table: Table = { ...root.table, columns: all, primaryKey: nameIn(root, root.table.primaryKey) }
  return { table, columns, keyOf: (column: string): string | undefined => keys.get(column) }
}

/** The statement with the one table in its FROM: the conditions are met by what the service joins. */
function flatStatement(select: Fields, { uses }: Bound): Fields {
  const { whereClause: _met, fromClause: _joined, ...rest } = select
  const over = replaceNodes({ SelectStmt: rest }, (kind, fields, original) => {
    if (kind === 'ColumnRef') {
      const use = uses.get(original)
      return use && columnRef(FLAT, nameIn(use.scan, use.column))
    }
    const use = kind === 'ResTarget' && fields.name === undefined ? useOf(original, uses) : undefined
    return use && { ResTarget: { ...fields, name: use.column } }
  })
  const flat = isFields(over) ? nodeOf(over, 'SelectStmt') : undefined
  const from = { RangeVar: { relname: FLAT, inh: true, relpersistence: 'p', location: -1 } }
  return { SelectStmt: { ...flat, fromClause: [from] } }
}

function useOf({ val }: Fields, uses: Bound['uses']) {
  const reference = nodeOf(val, 'ColumnRef')
  return reference && uses.get(reference)
}
