import type { FetchXmlLimits } from '../../capabilities/capabilities.ts'
import type { ColumnType } from '../../catalog/table.ts'
import { countConditions } from '../../odata/condition.ts'
import { isPrintable } from '../../odata/print-fetch.ts'
import type { Bound } from '../bind.ts'
import { linksIn } from '../links.ts'
import type { RemoteLink, RemoteScan } from '../plan.ts'
import { MAX_CONDITIONS } from '../remote-filter.ts'
import { type JoinEdge, joinEdges } from './join-edges.ts'

/**
 * Joined tables in one answer: a lookup is followed from the side with many rows to the one row it holds, so that no row
 * of the answer stands in it twice and pages have no seam within a row. It is done where a condition, or a limit, makes
 * the answer small; tables read whole are read apart, at the same time.
 */
export function linkJoins(
  scans: readonly RemoteScan[],
  { bound, limits, limited }: LinkOptions,
): readonly RemoteScan[] {
  const scanOf = new Map(scans.map((scan) => [scan.id, scan]))
  const linked = new Map<string, JoinEdge>()
  const apart = new Map<string, string>()
  for (const edge of joinEdges(bound, limits)) {
    const [child, parent] = [scanOf.get(edge.child.scan.id), scanOf.get(edge.parent.scan.id)]
    if (!child || !parent || linked.has(parent.id)) continue
    if (!isNarrow(parent) || !isReadable(child)) {
      apart.set(parent.id, WIDE)
      continue
    }
    const root = rootOf(child.id, linked)
    if (root === parent.id) continue
    const tree = [...idsBelow(root, linked), ...idsBelow(parent.id, linked)].flatMap(
      (id) => scanOf.get(id) ?? [],
    )
    if (fits(tree, limits)) linked.set(parent.id, edge)
    else apart.set(parent.id, `one request takes ${limits.maxLinks} links and ${MAX_CONDITIONS} conditions`)
  }
  for (const root of scans.filter(({ id }) => !linked.has(id)))
    for (const id of cutApart(root.id, linked, (one) => limited || (scanOf.get(one)?.filter.length ?? 0) > 0))
      apart.set(id, WHOLE)
  return scans.flatMap((scan) => {
    if (linked.has(scan.id)) return []
    const why = apart.get(scan.id)
    const told = why === undefined ? scan : { ...scan, local: [...scan.local, `join: ${why}`] }
    return [withLinks(told, { scanOf, linked })]
  })
}

const WHOLE = 'no condition or limit makes the answer smaller than the tables'

export interface LinkOptions {
  readonly bound: Bound
  readonly limits: FetchXmlLimits
  /** Is the number of rows limited at the service? Then a join is small without a condition. */
  readonly limited: boolean
}

type Linked = ReadonlyMap<string, JoinEdge>

/** More columns than this, the key among them, are not repeated in every row they are joined to. */
const MAX_LINKED_COLUMNS = 10

const WIDE = `more than ${MAX_LINKED_COLUMNS} columns, or what FetchXML does not bring, would be repeated in every row`

function isNarrow(scan: RemoteScan): boolean {
  return isReadable(scan) && scan.columns.length <= MAX_LINKED_COLUMNS && !hasType(scan, ['memo'])
}

/** Types that FetchXML reads as OData does. */
function isReadable(scan: RemoteScan): boolean {
  return isPrintable(scan.filter) && !hasType(scan, ['file', 'image', 'json', 'partylist'])
}

function hasType({ table, columns }: RemoteScan, types: readonly ColumnType[]): boolean {
  return table.columns.some(({ name, type }) => types.includes(type) && columns.includes(name))
}

function fits(tree: readonly RemoteScan[], { maxLinks }: FetchXmlLimits): boolean {
  const filters = tree.flatMap(({ filter }) => filter)
  return (
    isPrintable(filters) &&
    tree.length - 1 + linksIn(filters) <= maxLinks &&
    tree.length + countConditions(filters) <= MAX_CONDITIONS
  )
}

function rootOf(id: string, linked: Linked): string {
  const edge = linked.get(id)
  return edge ? rootOf(edge.child.scan.id, linked) : id
}

function linksOf(id: string, linked: Linked): readonly (readonly [string, JoinEdge])[] {
  return [...linked].filter(([, edge]) => edge.child.scan.id === id)
}

function idsBelow(id: string, linked: Linked): readonly string[] {
  return [id, ...linksOf(id, linked).flatMap(([parent]) => idsBelow(parent, linked))]
}

/** Cuts a tree of links apart where nothing makes its answer smaller than the tables it is of; gives what was cut off. */
function cutApart(
  root: string,
  linked: Map<string, JoinEdge>,
  isSmall: (id: string) => boolean,
): readonly string[] {
  if (narrowing(root, linked).some(isSmall)) return []
  return linksOf(root, linked).flatMap(([parent]) => {
    linked.delete(parent)
    return [parent, ...cutApart(parent, linked, isSmall)]
  })
}

/** A scan and those that keep rows of it out: an outer join keeps none out. */
function narrowing(id: string, linked: Linked): readonly string[] {
  const inner = linksOf(id, linked).filter(([, { outer }]) => !outer)
  return [id, ...inner.flatMap(([parent]) => narrowing(parent, linked))]
}

interface Linking {
  readonly scanOf: ReadonlyMap<string, RemoteScan>
  readonly linked: Linked
}

function withLinks(scan: RemoteScan, linking: Linking): RemoteScan {
  const links = remoteLinks(scan.id, false, linking)
  if (links.length === 0) return scan
  const tree = new Set(idsBelow(scan.id, linking.linked))
  const below = [...tree].flatMap((id) => (id === scan.id ? [] : (linking.scanOf.get(id)?.local ?? [])))
  return {
    ...scan,
    language: 'fetchxml',
    links,
    reductions: scan.reductions.filter(({ source }) => !tree.has(source)),
    local: [...new Set([...scan.local, ...below])],
  }
}

/** Below an outer join all are outer: what an inner one within it would do is not documented, and more rows do no harm. */
function remoteLinks(id: string, isOuter: boolean, linking: Linking): readonly RemoteLink[] {
  return linksOf(id, linking.linked).flatMap(([parent, { child, parent: key, outer }]) => {
    const scan = linking.scanOf.get(parent)
    if (!scan) return []
    const { table, columns, filter } = scan
    const type = isOuter || outer ? 'outer' : 'inner'
    const links = remoteLinks(parent, type === 'outer', linking)
    return [{ id: parent, table, columns, filter, from: key.column, to: child.column, type, links }]
  })
}
