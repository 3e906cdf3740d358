import type { Column } from '../catalog/table.ts'
import {
  type FetchAttribute,
  type FetchEntity,
  type FetchLink,
  type FetchRequest,
  printFetch,
} from '../odata/print-fetch.ts'
import { prefer, printQuery } from '../odata/query.ts'
import { linksBelow } from '../plan/links.ts'
import type { RemoteLink, RemoteScan, ScanAggregate } from '../plan/plan.ts'
import type { AggregateResult } from '../plan/push-aggregate.ts'
import { pageSizeOf, type Reading, type RequestAndColumns } from './request-shape.ts'
import {
  datedColumns,
  joinColumns,
  partsOf,
  resultColumns,
  type ScanColumns,
  scanColumns,
  wanted,
} from './scan-columns.ts'

/** A scan as FetchXML: rows, with those of the tables joined to it, or groups. */
export function fetchRequest(scan: RemoteScan, read: Reading): RequestAndColumns {
  return scan.aggregate ? groupRequest(scan, scan.aggregate, read) : rowRequest(scan, read)
}

function rowRequest(scan: RemoteScan, read: Reading): RequestAndColumns {
  if (scan.joined) return flatRequest(scan, read)
  const { id, table, filter, order, top } = scan
  const own = scanColumns(wanted(scan, read.annotations), { scan: id })
  const links = scan.links.map((link) => linkRequest(link, read.annotations))
  const columns = joinColumns([own, ...links.flatMap((link) => link.columns)])
  const pageSize = pageSizeOf(columns.columns, read)
  const entity = {
    name: table.name,
    attributes: own.columns.map(({ name }) => ({ name })),
    filter,
    orders: order.map(({ column, descending }) => ({ attribute: column.name, descending })),
    links: links.map(({ link }) => link),
  }
  // What fits one page is asked for by `top`, which excludes pages.
  const fits = top !== undefined && top <= pageSize
  return requestOf(scan, { request: { entity, top: fits ? top : undefined }, columns, pageSize, read })
}

interface LinkRequest {
  readonly link: FetchLink
  /** Its columns, and those of the links within. */
  readonly columns: readonly ScanColumns[]
}

/** Linked columns are named in the answer by an alias: without one, what the service calls them has changed over time. */
function linkRequest(link: RemoteLink, annotations: Reading['annotations']): LinkRequest {
  const { id, table, from, to, type, filter } = link
  const nameOf = aliasIn(id)
  const own = scanColumns(wanted(link, annotations), { scan: id, nameOf })
  const inner = link.links.map((one) => linkRequest(one, annotations))
  const attributes = own.columns.map((column) => ({ name: column.name, alias: nameOf(column) }))
  const links = inner.map((one) => one.link)
  return {
    link: { name: table.name, from, to, alias: id, type, attributes, filter, links },
    columns: [own, ...inner.flatMap(({ columns }) => columns)],
  }
}

/** Rows of a join as those of one table. */
function flatRequest(scan: RemoteScan, read: Reading): RequestAndColumns {
  const naming = { scan: scan.id, nameOf: aliasIn(scan.id) }
  const columns = scanColumns(wanted(scan, read.annotations), naming)
  const attributes = columns.columns.map((column) => ({ name: column.name, alias: naming.nameOf(column) }))
  const pageSize = pageSizeOf(columns.columns, read)
  return requestOf(scan, { request: { entity: placed(scan, { attributes }) }, columns, pageSize, read })
}

/** An alias may not be the name of a column. */
function aliasIn(id: string): (column: Column) => string {
  return ({ name }) => `${id}__${name}`
}

interface Placing {
  readonly attributes: readonly FetchAttribute[]
  readonly orders?: FetchEntity['orders']
}

/** Attributes and orders in the element of the table they are of. */
function placed(scan: RemoteScan, { attributes, orders = [] }: Placing): FetchEntity {
  const { joined, table, filter } = scan
  if (!joined) return { name: table.name, attributes, orders, filter }
  const [root] = [...joined.values()].filter(
    ({ scan: id }) => !linksBelow(scan.links).some((link) => link.id === id),
  )
  const within = (id: string | undefined): Pick<FetchEntity, 'attributes' | 'orders'> => {
    const own = attributes.filter(({ name }) => joined.get(name)?.scan === id)
    return {
      attributes: own.map((attribute) => ({ ...attribute, name: joined.get(attribute.name)?.column ?? '' })),
      orders: orders.filter(({ alias }) => own.some((attribute) => attribute.alias === alias)),
    }
  }
  const linkOf = (link: RemoteLink): FetchLink => {
    const { id, table: linked, from, to, type, filter: own, links } = link
    return {
      name: linked.name,
      from,
      to,
      alias: id,
      type,
      filter: own,
      links: links.map(linkOf),
      ...within(id),
    }
  }
  return { name: table.name, filter, links: scan.links.map(linkOf), ...within(root?.scan) }
}

function groupRequest(
  scan: RemoteScan,
  { groups, results }: ScanAggregate,
  read: Reading,
): RequestAndColumns {
  const { id, table } = scan
  const naming = { scan: id, nameOf: aliasIn(id) }
  const dated = groups.filter(({ unit }) => unit !== undefined)
  const isDated = (name: string): boolean => dated.some(({ column }) => column.name === name)
  const columns = scan.columns.filter((name) => !isDated(name))
  const plain = scanColumns(wanted({ table, columns }, read.annotations), naming)
  const keys: FetchAttribute[] = [
    ...plain.columns.map((column) => ({ name: column.name, alias: naming.nameOf(column), groupBy: true })),
    ...dated.flatMap(({ column, unit }) =>
      partsOf(unit).map((part) => ({
        name: column.name,
        alias: `${naming.nameOf(column)}_${part}`,
        groupBy: true,
        dateGrouping: part,
        userTimeZone: false,
      })),
    ),
  ]
  const attributes = [...keys, ...results.map((result) => resultAttribute(result, table.primaryKey))]
  // Groups have no cookie: in an order of their own their pages do not overlap.
  const orders = keys.map(({ alias }) => ({ alias, descending: false }))
  return requestOf(scan, {
    request: { entity: placed(scan, { attributes, orders }), aggregate: true },
    columns: joinColumns([plain, datedColumns(dated, naming), resultColumns(results, { scan: id })]),
    pageSize: read.maxPageSize,
    read,
  })
}

/** Of no column rows are counted. */
function resultAttribute({ name, method, column }: AggregateResult, primaryKey: string): FetchAttribute {
  return { name: column?.name ?? primaryKey, alias: name, aggregate: method }
}

interface Asked {
  readonly request: FetchRequest
  readonly columns: ScanColumns
  readonly pageSize: number
  readonly read: Reading
}

function requestOf(
  { table: { entitySet }, top }: RemoteScan,
  { request, columns, pageSize, read: { annotations } }: Asked,
): RequestAndColumns {
  const print = (page: { readonly page: number; readonly cookie: string | undefined }): string =>
    printQuery(entitySet, { fetchXml: printFetch(request, { ...page, count: pageSize }) })
  const wished = [annotations.moreRows, annotations.fetchCookie, ...columns.annotations]
  return {
    columns,
    request: {
      language: 'fetchxml',
      path: print({ page: 1, cookie: undefined }),
      print,
      headers: { Prefer: prefer({ annotations: wished }) },
      numbers: { exact: columns.exact },
      mostPages: Math.ceil((top ?? Number.POSITIVE_INFINITY) / pageSize),
    },
  }
}
