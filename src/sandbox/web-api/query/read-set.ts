import type { TableDefinition } from '../../schema.ts'
import type { StoredRow } from '../../store/store.ts'
import { readFetch } from '../fetchxml/read-fetch.ts'
import { type ApiContext, type ApiRequest, type ApiResponse, notEmulated } from '../operation.ts'
import { json, metadataVersion } from './answer.ts'
import { applyTransformations } from './apply.ts'
import { compileFilter, type Predicate } from './compile-filter.ts'
import { countOfChanges, isDeltaRead, readChanges } from './delta.ts'
import {
  MAX_PAGE_SIZE,
  type Preferences,
  type QueryString,
  readPreferences,
  readQueryString,
} from './options.ts'
import { parseOrder } from './order.ts'
import { printPage } from './page-text.ts'
import { printToken, readToken } from './paging.ts'
import { parseFilter } from './parse-filter.ts'
import { projectionText, readProjection } from './select-expand.ts'
import { countRows, type RowSource, takePage } from './source-rows.ts'
import { rowWriter } from './write-rows.ts'

/** GET of a set of rows: a table, or the rows behind a collection-valued navigation property. */
export interface RowSet {
  readonly table: TableDefinition
  /** Undefined: the whole table. */
  readonly rows: readonly StoredRow[] | undefined
  /** What follows `$metadata#` in the context: `accounts`, `contacts`. */
  readonly context: string
}

export function readSet(set: RowSet, request: ApiRequest, context: ApiContext): ApiResponse {
  const options = readQueryString(request.query)
  const preferences = readPreferences(request.headers)
  if (options.sql !== undefined) throw notEmulated('the sql query option')
  if (options.fetchXml !== undefined || options.savedQuery !== undefined || options.userQuery !== undefined)
    return readFetch(set, { options, preferences }, context)
  if (isDeltaRead(options, preferences)) return readChanges(set, { options, preferences, request }, context)
  if (options.apply !== undefined) return json(applyTransformations(set, { options, preferences }, context))
  return readPlain(set, { options, preferences, request }, context)
}

export interface ReadInput {
  readonly options: QueryString
  readonly preferences: Preferences
  readonly request: ApiRequest
}

function readPlain(
  set: RowSet,
  { options, preferences, request }: ReadInput,
  context: ApiContext,
): ApiResponse {
  const { table } = set
  const { aliases } = options
  const projection = readProjection(options, table, context)
  const order = parseOrder(options.orderby, { table, context, aliases })
  const source: RowSource = {
    table,
    rows: set.rows,
    filter: filterOf(table, options, context),
    order,
    name: `${context.caller.userId} ${request.path}?${options.repeated}`,
  }
  const position = options.skipToken === undefined ? undefined : readToken(options.skipToken, table, context)
  // `$top` is ignored beside a page size.
  const top = preferences.maxPageSize === undefined ? options.top : undefined
  const size = Math.min(top ?? MAX_PAGE_SIZE, preferences.maxPageSize ?? MAX_PAGE_SIZE)
  const page =
    size === 0 ? { rows: [], more: false } : takePage(source, context, { size, after: position?.last })
  const write = rowWriter({
    table,
    projection,
    preferences,
    context,
    aliases,
    etag: true,
    single: false,
  })
  const before = [
    `"@odata.context":${JSON.stringify(`${context.root}$metadata#${set.context}${projectionText(projection)}`)}`,
    ...countParts(source, { options, preferences }, context),
    '"value":[',
  ].join(',')
  const [first] = page.rows
  const last = page.rows.at(-1)
  let after = ']}'
  if (page.more && top === undefined && first && last) {
    const token = printToken(
      { first, last, page: position?.page ?? 1 },
      { table, columns: order.map(({ column }) => column) },
    )
    const repeated = options.repeated === '' ? '' : `${options.repeated}&`
    after = `],"@odata.nextLink":${JSON.stringify(`${context.root}${request.path}?${repeated}$skiptoken=${token}`)}}`
  }
  return json(printPage(page.rows, write, { before: `{${before}`, after }))
}

/** `$filter`, and for elastic tables the partition that is read. */
function filterOf(
  table: TableDefinition,
  { filter, partitionId, aliases }: QueryString,
  context: ApiContext,
): Predicate | undefined {
  const matches =
    filter === undefined ? undefined : compileFilter(parseFilter(filter, aliases), table, context)
  if (partitionId === undefined || table.kind !== 'Elastic') return matches
  return (row) => row.partitionid === partitionId && (matches?.(row) ?? true)
}

/** Most rows a count tells. */
const MAX_COUNT = 5000

function countParts(
  source: RowSource,
  { options, preferences }: Omit<ReadInput, 'request'>,
  context: ApiContext,
): string[] {
  const parts: string[] = []
  const count = options.count ? countRows(source, context, MAX_COUNT + 1) : undefined
  if (count !== undefined) parts.push(`"@odata.count":${Math.min(count, MAX_COUNT)}`)
  const annotate = (name: string, value: string): void => {
    if (preferences.annotation(`Microsoft.Dynamics.CRM.${name}`))
      parts.push(`"@Microsoft.Dynamics.CRM.${name}":${value}`)
  }
  annotate('totalrecordcount', String(count === undefined ? -1 : Math.min(count, MAX_COUNT)))
  annotate('totalrecordcountlimitexceeded', String(count !== undefined && count > MAX_COUNT))
  annotate('globalmetadataversion', `"${metadataVersion(context)}"`)
  return parts
}

/** `/$count`: the number as text, with a byte order mark before it as the service sends it. */
export function countSet(set: RowSet, request: ApiRequest, context: ApiContext): ApiResponse {
  const options = readQueryString(request.query)
  if (options.apply !== undefined) throw notEmulated('/$count of what $apply aggregates')
  if (options.deltaToken !== undefined) return countAnswer(countOfChanges(set, options, context))
  const filter = filterOf(set.table, options, context)
  const count = countRows(
    { table: set.table, rows: set.rows, filter, order: [], name: '' },
    context,
    MAX_COUNT,
  )
  return countAnswer(count)
}

function countAnswer(count: number): ApiResponse {
  return { status: 200, headers: { 'Content-Type': 'text/plain' }, body: `\uFEFF${count}` }
}

/** `…/$ref` of a collection. */
export function readReferences({ table, rows }: RowSet, context: ApiContext): ApiResponse {
  const references = (rows ?? []).map(
    (row) =>
      `{"@odata.id":${JSON.stringify(`${context.root}${table.entitySetName}(${row[table.primaryKey]})`)}}`,
  )
  const body = `{"@odata.context":${JSON.stringify(`${context.root}$metadata#Collection($ref)`)},"value":[${references.join(',')}]}`
  return json(body)
}
