import type { Column } from '../catalog/table.ts'
import { type FetchAttribute, type FetchLink, type FetchRequest, printFetch } from '../odata/print-fetch.ts'
import { prefer, printQuery } from '../odata/query.ts'
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
  const nameOf = ({ name }: Column): string => `${id}__${name}`
  const own = scanColumns(wanted(link, annotations), { scan: id, nameOf })
  const inner = link.links.map((one) => linkRequest(one, annotations))
  const attributes = own.columns.map((column) => ({ name: column.name, alias: nameOf(column) }))
  const links = inner.map((one) => one.link)
  return {
    link: { name: table.name, from, to, alias: id, type, attributes, filter, links },
    columns: [own, ...inner.flatMap(({ columns }) => columns)],
  }
}

function groupRequest(
  scan: RemoteScan,
  { groups, results }: ScanAggregate,
  read: Reading,
): RequestAndColumns {
  const { id, table, filter } = scan
  // An alias may not be the name of a column.
  const naming = { scan: id, nameOf: ({ name }: Column): string => `${id}__${name}` }
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
    request: { entity: { name: table.name, attributes, orders, filter }, aggregate: true },
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
