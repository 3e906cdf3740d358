import type { Capabilities } from '../capabilities/capabilities.ts'
import type { Table } from '../catalog/table.ts'
import type { Condition } from '../odata/condition.ts'
import { isPrintable } from '../odata/print-fetch.ts'
import type { AggregateGroup } from './aggregate-groups.ts'
import { type Fields, nodeOf, walk } from './ast.ts'
import { type Bound, bind, type TableName, tableKey, tableNameOf } from './bind.ts'
import { changedTable } from './change/change.ts'
import { leftHere } from './left-here.ts'
import { nameColumns } from './name-columns.ts'
import { printStatement, type Statement } from './parse.ts'
import { prepare, type SqlParameter } from './prepare.ts'
import { printExpression } from './print-expression.ts'
import { type AggregateResult, pushAggregate } from './push-aggregate.ts'
import { pushFilters } from './push-filters.ts'
import { pushTop, type RemoteOrder } from './push-top.ts'
import { findReductions } from './reduce.ts'
import { checkSelect, refuseStatement } from './refuse-statement.ts'
import { rewrite } from './rewrite.ts'
import { isRowByRow } from './row-by-row.ts'
import { type AggregatedJoin, aggregateJoin } from './rules/aggregate-join.ts'
import { answerExists } from './rules/answer-exists.ts'
import { joinScans } from './rules/join-scans.ts'
import type { Scan } from './scan.ts'

/** What a query asks of the service, and what is left to do with the answers. Pure: nothing is sent. */
export interface QueryPlan {
  readonly scans: readonly RemoteScan[]
  /** SQL over the scans, for the engine. */
  readonly localSql: string
  /** What is done here that is about no one scan, and why: `join: …`. */
  readonly local: readonly string[]
  /** Is the answer to each part of the rows a part of the answer? Then it can be given while rows still arrive. */
  readonly rowByRow: boolean
}

/** Rows of one table, as they will be asked for. */
export interface RemoteScan {
  readonly id: string
  readonly system: string | undefined
  readonly table: Table
  /** Columns by name, those of labels and lookups' tables among them; the primary key comes along in any case. */
  readonly columns: readonly string[]
  /** In which of the service's languages it is asked. */
  readonly language: 'odata' | 'fetchxml'
  /** Conditions that all hold. */
  readonly filter: readonly Condition[]
  /** Tables whose matching rows come in the same answer, each to a local table of its own. FetchXML only. */
  readonly links: readonly RemoteLink[]
  /** Where a join is read as one table: the columns of `table` by name, and what they are of. */
  readonly joined: ReadonlyMap<string, JoinedColumn> | undefined
  /** Empty: any order. */
  readonly order: readonly RemoteOrder[]
  readonly top: number | undefined
  /** Groups in place of rows. */
  readonly aggregate: ScanAggregate | undefined
  /** Ways to ask for fewer rows, by what other scans bring. */
  readonly reductions: readonly ScanReduction[]
  /** What could not be sent along, by rule, and why: `filter: lower(name) = 'a': no column is compared with a constant`. */
  readonly local: readonly string[]
}

export interface JoinedColumn {
  /** Id of the scan or the link. */
  readonly scan: string
  /** Logical name. */
  readonly column: string
}

/** A joined table, read along with the one it is joined to. */
export interface RemoteLink extends Pick<RemoteScan, 'id' | 'table' | 'columns' | 'filter' | 'links'> {
  /** Logical names of the columns that are equal: of this table, and of the one it is joined to. */
  readonly from: string
  readonly to: string
  /** `outer`: rows without a match come too, with NULLs in place of this table. */
  readonly type: 'inner' | 'outer'
}

/** Only rows whose `column` is among the values of `sourceColumn` in the scan `source` matter. */
export interface ScanReduction {
  readonly column: string
  readonly source: string
  readonly sourceColumn: string
}

export interface ScanAggregate {
  /** Columns grouped by: `columns` are theirs, or labels of them. */
  readonly groups: readonly AggregateGroup[]
  readonly results: readonly AggregateResult[]
}

export interface PlanOptions {
  /** See `tablesOf`; keys by `tableKey`. */
  readonly tables: ReadonlyMap<string, Table>
  readonly annotations: Capabilities['read']['annotations']
  /** What its FetchXML takes. Default: nothing is asked by FetchXML. */
  readonly fetchXml?: Capabilities['read']['fetchXml']
  readonly parameters?: readonly SqlParameter[]
  /** ms since 1970. */
  readonly now: number
  /** False: every table is read whole, to compare answers. Default true. */
  readonly pushdown?: boolean
}

/** Tables a statement names: their descriptions have to be at hand before it is planned. */
export function tablesOf({ tree }: Statement): readonly TableName[] {
  const ctes = new Set<string>()
  const found = new Map<string, TableName>()
  walk(tree, (kind, fields) => {
    if (kind === 'CommonTableExpr' && typeof fields.ctename === 'string')
      ctes.add(fields.ctename.toLowerCase())
    if (kind === 'RangeVar') {
      const name = tableNameOf(fields)
      found.set(tableKey(name), name)
    }
    return true
  })
  const changed = changedTable(tree)
  if (changed) found.set(tableKey(changed), changed)
  return [...found].map(([key, name]) => ({ ...name, isCte: ctes.has(key) }))
}

export function planQuery(statement: Statement, options: PlanOptions): QueryPlan {
  const { text } = statement
  const named = nameColumns(statement.tree)
  const tree = prepare(named, { parameters: options.parameters ?? [], now: options.now, text })
  if (!nodeOf(tree, 'SelectStmt')) throw refuseStatement(statement)
  checkSelect(tree, text)
  const bound = bind(tree, { text, tables: options.tables, annotations: options.annotations })
  if (options.pushdown === false)
    return {
      scans: bound.scans.map(wholeTable),
      localSql: printStatement(rewrite(tree, bound)),
      local: ['everything: it was asked for without pushdown'],
      rowByRow: isRowByRow(tree),
    }
  const left = answered(tree, bound, options)
  return { ...planPushed(left, options), rowByRow: isRowByRow(left.tree) }
}

interface Answered {
  readonly tree: Fields
  readonly bound: Bound
  /** What the service is asked in place of conditions that are no longer in the tree. */
  readonly related: ReadonlyMap<Scan, readonly Condition[]>
}

/** The statement without the sub-queries that the service answers: bound again, for their tables are not read. */
function answered(tree: Fields, bound: Bound, { fetchXml, tables, annotations }: PlanOptions): Answered {
  const found = fetchXml && answerExists(tree, bound, fetchXml)
  if (!found || found.related.size === 0) return { tree, bound, related: new Map() }
  const again = bind(found.tree, { text: '', tables, annotations })
  const related = [...found.related].flatMap(([rangeVar, conditions]): [Scan, readonly Condition[]][] => {
    const scan = again.scanOf.get(rangeVar)
    return scan ? [[scan, conditions]] : []
  })
  return { tree: found.tree, bound: again, related: new Map(related) }
}

function planPushed(answer: Answered, options: PlanOptions): Omit<QueryPlan, 'rowByRow'> {
  const { tree, bound } = answer
  const apart = remoteScans(answer)
  const groups = aggregated(answer, apart, options)
  if (groups && 'aggregate' in groups) {
    const scans = [groupScan(groups)]
    const localSql = printStatement(rewrite(groups.aggregate.tree, groups.bound))
    return { scans, localSql, local: leftHere(tree, bound, scans) }
  }
  const { fetchXml } = options
  const scans = fetchXml ? joinScans(apart, { tree, bound, limits: fetchXml }) : apart
  const refused = groups ? [`aggregates: ${groups.refused}`] : []
  return {
    scans: scans.map((scan) => ({ ...scan, local: [...scan.local, ...refused] })),
    localSql: printStatement(rewrite(tree, bound)),
    local: leftHere(tree, bound, scans),
  }
}

/** Groups made by the service, of the one table or of a join; undefined where nothing is aggregated. */
function aggregated(
  { tree, bound }: Answered,
  scans: readonly RemoteScan[],
  { fetchXml, annotations }: PlanOptions,
): AggregatedJoin | { readonly refused: string } | undefined {
  const aggregate = pushAggregate(tree, bound)
  const [scan, more] = scans
  if (!aggregate || !scan) return undefined
  if (!('refused' in aggregate)) return { scan, aggregate, bound }
  if (!more || !fetchXml) return aggregate
  return aggregateJoin(scans, { tree, bound, limits: fetchXml, annotations }) ?? aggregate
}

function groupScan({ scan, aggregate: { groups, results } }: AggregatedJoin): RemoteScan {
  return {
    ...scan,
    top: undefined,
    order: [],
    local: [],
    language: 'fetchxml',
    columns: scan.columns.filter((name) => isGroup(name, groups)),
    aggregate: { groups, results },
  }
}

/** A column grouped by, or the label of one. */
function isGroup(name: string, groups: readonly AggregateGroup[]): boolean {
  return groups.some(
    ({ column }) => column.name === name || (column.choices !== undefined && `${column.name}name` === name),
  )
}

function remoteScans({ tree, bound, related }: Answered): RemoteScan[] {
  const filters = pushFilters(bound)
  const top = pushTop(tree, bound)
  const reductions = findReductions(bound)
  return bound.scans.map((scan) => {
    const own = filters.get(scan)
    const local = (own?.refused ?? []).map(
      ({ condition, why }) => `filter: ${printExpression(condition)}: ${why}`,
    )
    const limited = top && 'rows' in top ? top : undefined
    const asked = related.get(scan) ?? []
    const conditions = own?.filters.map(({ condition }) => condition) ?? []
    return {
      ...wholeTable(scan),
      language: asked.length > 0 ? 'fetchxml' : 'odata',
      // A text that FetchXML has no form for stays here: a condition on texts is never exact.
      filter: asked.length > 0 ? [...asked, ...conditions.filter((one) => isPrintable([one]))] : conditions,
      order: limited?.order ?? [],
      top: limited?.rows,
      reductions: reductions
        .filter(({ target }) => target === scan)
        .map(({ targetColumn, source, sourceColumn }) => ({
          column: targetColumn,
          source: source.id,
          sourceColumn,
        })),
      local: top && 'refused' in top ? [...local, `limit: ${top.refused}`] : local,
    }
  })
}

function wholeTable(scan: Scan): RemoteScan {
  const { id, system, table, used } = scan
  return {
    id,
    system,
    table,
    columns: [...scan.columns.keys()].filter((name) => used.has(name) || name === table.primaryKey),
    language: 'odata',
    filter: [],
    links: [],
    joined: undefined,
    order: [],
    top: undefined,
    aggregate: undefined,
    reductions: [],
    local: [],
  }
}
