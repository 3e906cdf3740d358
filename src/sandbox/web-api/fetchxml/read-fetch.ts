import { parseGuid } from '../../../core/guid.ts'
import { compareGuids } from '../../collation.ts'
import type { StoredRow } from '../../store/store.ts'
import { type ApiContext, ApiError, type ApiResponse, notEmulated } from '../operation.ts'
import { demandRead, json } from '../query/answer.ts'
import { MAX_PAGE_SIZE, type Preferences, type QueryString } from '../query/options.ts'
import { encodeCookie, printCookie, readCookie } from '../query/paging.ts'
import { propertyOf } from '../query/paths.ts'
import type { RowSet } from '../query/read-set.ts'
import { rowsOf } from '../query/rows-of.ts'
import { aggregateTuples } from './aggregate-fetch.ts'
import { fetchError } from './fetch-error.ts'
import {
  type FetchEntity,
  type FetchLink,
  type FetchOrder,
  type FetchQuery,
  parseFetchXml,
} from './fetch-query.ts'
import { joinRows, NO_LINKS, type Tables, type Tuple, tablesOf } from './join.ts'
import { orderComparer } from './order-fetch.ts'
import { tupleWriter } from './write-tuples.ts'

/** A read by FetchXML, given as such or by the name of a saved view. */
export interface FetchInput {
  readonly options: QueryString
  readonly preferences: Preferences
}

export function readFetch(
  set: RowSet,
  { options, preferences }: FetchInput,
  context: ApiContext,
): ApiResponse {
  refuseMixture(options, preferences)
  const given = parseFetchXml(fetchXmlOf(options, context))
  const query = { ...given, totalCount: given.totalCount || options.count }
  if (query.entity.name !== set.table.logicalName)
    throw fetchError(
      `The entity ${query.entity.name} of the FetchXML does not match the entity set ${set.table.entitySetName}.`,
    )
  const tables = tablesOf(query.entity, context)
  for (const table of new Set(tables.values())) demandRead(table, context)
  const rows = set.rows ?? rowsOf(context.store, set.table.logicalName).all()
  const tuples = joinRows(rows, query.entity, tables, context)
  const about = JSON.stringify(`${context.root}$metadata#${set.context}${projection(query, context)}`)
  if (query.aggregate) {
    const groups = aggregateTuples(tuples, query, { tables, context, preferences })
    const size = pageSize(query, preferences)
    const start = (query.page - 1) * size
    // Groups have no cookie: their clients count pages.
    const more = query.top === undefined && start + size < groups.length
    const facts = more ? fact('morerecords', 'true', preferences) : []
    const chosen = groups.slice(start, start + size)
    return json(`{${[`"@odata.context":${about}`, ...facts, `"value":[${chosen.join(',')}]`].join(',')}}`)
  }
  const page = pageOf(tuples, query, { tables, context, preferences })
  const parts = [`"@odata.context":${about}`, ...page.facts, `"value":[${page.rows.join(',')}]`]
  return json(`{${parts.join(',')}}`)
}

/** What the service makes of these together is not documented. */
function refuseMixture(
  { fetchXml, select, filter, orderby, expand, apply, top }: QueryString,
  { trackChanges }: Preferences,
): void {
  const kind = fetchXml === undefined ? 'a saved query' : 'FetchXML'
  for (const [name, value] of Object.entries({
    $select: select,
    $filter: filter,
    $orderby: orderby,
    $expand: expand,
    $apply: apply,
    $top: top,
  }))
    if (value !== undefined) throw notEmulated(`${name} beside ${kind}`)
  if (trackChanges) throw notEmulated(`change tracking of ${kind}`)
}

function fetchXmlOf({ fetchXml, savedQuery, userQuery }: QueryString, { store }: ApiContext): string {
  if (fetchXml !== undefined) return fetchXml
  const [table, id] = savedQuery === undefined ? ['userquery', userQuery ?? ''] : ['savedquery', savedQuery]
  const guid = parseGuid(id)
  if (guid === undefined) throw fetchError(`The ${table} '${id}' is not a GUID.`)
  const text = store.table(table).get(guid)?.fetchxml
  if (typeof text === 'string') return text
  throw new ApiError(404, '0x80040217', `${table} With Id = ${id} Does Not Exist`)
}

/**
 * A lookup is named three times as the service does: its property and navigation property in place, its empty expand
 * at the end. Money brings its currency along, and the key comes last.
 */
function projection({ entity, aggregate, distinct }: FetchQuery, { store }: ApiContext): string {
  if (aggregate || entity.allAttributes) return ''
  const { schema } = store
  const column = (name: string) => schema.column(entity.name, name)
  const plain = entity.attributes.filter(({ alias }) => alias === undefined).map(({ name }) => name)
  const money = !distinct && entity.attributes.some(({ name }) => column(name)?.type === 'Money')
  const currency = money && !plain.includes('transactioncurrencyid') ? ['transactioncurrencyid'] : []
  const navigations = (name: string) => {
    const own = schema.lookups(entity.name).filter(({ referencingColumn }) => referencingColumn === name)
    return [...new Set(own.map(({ lookupNavigation }) => lookupNavigation))]
  }
  const named = (name: string) => {
    const own = column(name)
    return own ? [propertyOf(own), ...navigations(name)] : [name]
  }
  const names = [
    ...entity.attributes.flatMap(({ name, alias }) => (alias === undefined ? named(name) : [alias])),
    ...currency.flatMap(named),
  ]
  const key = schema.table(entity.name)?.primaryKey ?? ''
  const keyed = distinct || names.includes(key) ? [] : [key]
  const empty = [...plain, ...currency].flatMap(navigations).map((navigation) => `${navigation}()`)
  const all = [...names, ...keyed, ...empty]
  return all.length === 0 ? '' : `(${all.join(',')})`
}

interface Setting {
  readonly tables: Tables
  readonly context: ApiContext
}

type TupleOrder = (a: Tuple, b: Tuple) => number

/** By the orders of the query, then by the key of the root, so that pages do not overlap. */
function orderOf({ entity, rawOrder }: FetchQuery, { tables, context }: Setting): TupleOrder {
  const key = tables.get('')?.primaryKey ?? ''
  const comparers = ordersOf(entity, '').map(({ order, alias }) =>
    orderComparer(order, alias, { tables, context, rawOrder }),
  )
  return (a, b) => {
    for (const compare of comparers) {
      const order = compare(a, b)
      if (order !== 0) return order
    }
    return compareGuids(String(a.root[key]), String(b.root[key]))
  }
}

/** Orders of the root come first, those of links after it, as they stand. */
function ordersOf(entity: FetchEntity | FetchLink, alias: string): { order: FetchOrder; alias: string }[] {
  return [
    ...entity.orders.map((order) => ({ order, alias: order.entityName ?? alias })),
    ...entity.links.flatMap((link) => ordersOf(link, link.alias)),
  ]
}

interface PageSetting extends Setting {
  readonly preferences: Preferences
}

function pageOf(tuples: readonly Tuple[], query: FetchQuery, { tables, context, preferences }: PageSetting) {
  const write = tupleWriter(query, { tables, context, preferences })
  const order = orderOf(query, { tables, context })
  const sorted = [...tuples].sort(order)
  const distinct = query.distinct
    ? [...new Map(sorted.map((tuple) => [write(tuple), tuple])).values()]
    : sorted
  const size = pageSize(query, preferences)
  const start = startOf(distinct, query, { size, order, tables, context })
  const chosen = distinct.slice(start, start + size)
  const more = query.top === undefined && start + size < distinct.length
  return {
    rows: chosen.map(write),
    facts: pageFacts(chosen, query, { tables, preferences, more, total: distinct.length }),
  }
}

function pageSize({ top, count, page }: FetchQuery, { maxPageSize }: Preferences): number {
  if (top !== undefined && (count !== undefined || page > 1))
    throw fetchError("The top attribute can't be specified with paging attribute page")
  return Math.min(top ?? count ?? maxPageSize ?? MAX_PAGE_SIZE, MAX_PAGE_SIZE)
}

interface StartSetting extends Setting {
  readonly size: number
  readonly order: TupleOrder
}

/**
 * After the row of the cookie. A cookie tells only the root's row, which with links may stand in several tuples and
 * across the end of a page: there the page number counts.
 */
function startOf(
  tuples: readonly Tuple[],
  query: FetchQuery,
  { size, order, tables, context }: StartSetting,
): number {
  const table = tables.get('')
  if (query.page === 1 || query.cookie === undefined || !table || query.entity.links.length > 0)
    return (query.page - 1) * size
  const last: Tuple = { root: readCookie(query.cookie, table, context), links: NO_LINKS }
  const at = tuples.findIndex((tuple) => order(tuple, last) > 0)
  return at < 0 ? tuples.length : at
}

interface PageFacts {
  readonly tables: Tables
  readonly preferences: Preferences
  readonly more: boolean
  readonly total: number
}

function pageFacts(
  chosen: readonly Tuple[],
  query: FetchQuery,
  { tables, preferences, more, total }: PageFacts,
): string[] {
  const facts: string[] = []
  const add = (name: string, value: string): void => {
    facts.push(...fact(name, value, preferences))
  }
  const first = chosen[0]
  const last = chosen.at(-1)
  const table = tables.get('')
  if (query.totalCount) {
    add('totalrecordcount', String(Math.min(total, MAX_PAGE_SIZE)))
    add('totalrecordcountlimitexceeded', String(total > MAX_PAGE_SIZE))
  }
  // Pages sorted by a linked table have no cookie: their clients count pages.
  if (more && first && last && table && !query.entity.links.some(({ orders }) => orders.length > 0))
    add('fetchxmlpagingcookie', JSON.stringify(cookieElement(first.root, last.root, query, tables)))
  if (more) add('morerecords', 'true')
  return facts
}

/** An annotation of the whole answer, where it is asked for. */
function fact(name: string, value: string, { annotation }: Preferences): string[] {
  const full = `Microsoft.Dynamics.CRM.${name}`
  return annotation(full) ? [`"@${full}":${value}`] : []
}

function cookieElement(first: StoredRow, last: StoredRow, query: FetchQuery, tables: Tables): string {
  const table = tables.get('')
  if (!table) return ''
  const columns = query.entity.orders.map(({ attribute }) => attribute)
  const inner = printCookie({ first, last, page: query.page }, { table, columns })
  const encoded = encodeCookie(encodeCookie(inner))
  return `<cookie pagenumber="${query.page + 1}" pagingcookie="${encoded}" istracking="False" />`
}
