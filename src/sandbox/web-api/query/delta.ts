import type { StoredRow } from '../../store/store.ts'
import { type ApiContext, ApiError, type ApiResponse, notEmulated } from '../operation.ts'
import { json } from './answer.ts'
import { type ChangePage, changesSince, countChanges, readDeltaToken, tokenText } from './delta-changes.ts'
import { MAX_PAGE_SIZE, type Preferences, type QueryString } from './options.ts'
import { printToken, readToken } from './paging.ts'
import type { ReadInput, RowSet } from './read-set.ts'
import { projectionText, readProjection } from './select-expand.ts'
import { takePage } from './source-rows.ts'
import { syntaxError } from './tokens.ts'
import { rowWriter } from './write-rows.ts'

/** Change tracking: a first read that ends in a delta link, and reads of what changed since. */
export function isDeltaRead({ deltaToken, skipToken }: QueryString, { trackChanges }: Preferences): boolean {
  return trackChanges || deltaToken !== undefined || (skipToken?.includes('istracking="True"') ?? false)
}

export function readChanges(set: RowSet, input: ReadInput, context: ApiContext): ApiResponse {
  refuseOptions(set, input.options, context)
  return input.options.deltaToken === undefined
    ? readAll(set, input, context)
    : readSince(set, input.options.deltaToken, { input, context })
}

/** `/$count?$deltatoken=…`: how many rows changed or went. */
export function countOfChanges(set: RowSet, options: QueryString, context: ApiContext): number {
  refuseOptions(set, options, context)
  return countChanges(set.table, readDeltaToken(options.deltaToken ?? '', context), context)
}

function refuseOptions(
  { table, rows }: RowSet,
  { filter, orderby, expand, top, apply }: QueryString,
  { store }: ApiContext,
): void {
  for (const [name, value] of Object.entries({
    $filter: filter,
    $orderby: orderby,
    $expand: expand,
    $top: top,
    $apply: apply,
  }))
    if (value !== undefined)
      throw syntaxError(`The "${name}" query parameter isn't supported when Change Tracking is enabled.`)
  if (rows || store.schema.tables.some(({ baseTable }) => baseTable === table.logicalName))
    throw notEmulated(`change tracking of ${rows ? 'related rows' : table.entitySetName}`)
  if (!table.changeTracking)
    throw new ApiError(
      400,
      '0x80072491',
      `Entity: ${table.logicalName} does not have change tracking enabled, so the changes cannot be retrieved.`,
    )
}

/** Every row. The version of the first page goes along: what changes between pages comes again by the delta link. */
function readAll(
  set: RowSet,
  { options, preferences, request }: ReadInput,
  context: ApiContext,
): ApiResponse {
  const { table } = set
  const position = options.skipToken === undefined ? undefined : readToken(options.skipToken, table, context)
  const started = startOf(options.skipToken) ?? context.store.version
  const size = preferences.maxPageSize ?? MAX_PAGE_SIZE
  const source = { table, rows: undefined, filter: undefined, order: [], name: '' }
  const { rows, more } = takePage(source, context, { size, after: position?.last })
  const link = linkTo(request.path, options, context)
  const [first] = rows
  const last = rows.at(-1)
  const { about, write } = answerParts(set, { options, preferences }, context)
  const value = `"value":[${rows.map(write).join(',')}]`
  if (!more || !first || !last) {
    const deltaLink = link('$deltatoken', tokenText(started, context.now))
    return json(`{"@odata.context":${about('')},"@odata.deltaLink":${deltaLink},${value}}`)
  }
  const token = printToken({ first, last, page: position?.page ?? 1 }, { table, columns: [] })
  const tracked = token.replace(NOT_TRACKING, encodeURI(`istracking="True" version="${started}"`))
  return json(`{"@odata.context":${about('')},${value},"@odata.nextLink":${link('$skiptoken', tracked)}}`)
}

const NOT_TRACKING = encodeURI('istracking="False"')

function startOf(skipToken: string | undefined): bigint | undefined {
  const version = /istracking="True" version="(\d+)"/.exec(skipToken ?? '')?.[1]
  return version === undefined ? undefined : BigInt(version)
}

interface SinceSetting {
  readonly input: ReadInput
  readonly context: ApiContext
}

function readSince(
  set: RowSet,
  deltaToken: string,
  { input: { options, preferences, request }, context }: SinceSetting,
): ApiResponse {
  const { table } = set
  const since = readDeltaToken(deltaToken, context)
  const page: ChangePage = changesSince(table, {
    since,
    size: preferences.maxPageSize ?? MAX_PAGE_SIZE,
    skipToken: options.skipToken,
    context,
  })
  const { about, write } = answerParts(set, { options, preferences }, context)
  const gone = JSON.stringify(`${context.root}$metadata#${set.context}/$deletedEntity`)
  const deleted = page.deleted.map((id) => `{"@odata.context":${gone},"id":"${id}","reason":"deleted"}`)
  const value = `"value":[${[...page.changed.map(write), ...deleted].join(',')}]`
  const link = linkTo(request.path, options, context)
  if (page.next !== undefined) {
    const more = `${link('$deltatoken', encodeURIComponent(deltaToken)).slice(0, -1)}&$skiptoken=${page.next}"`
    return json(`{"@odata.context":${about('/$delta')},${value},"@odata.nextLink":${more}}`)
  }
  const deltaLink = link('$deltatoken', tokenText(page.until, context.now))
  return json(`{"@odata.context":${about('/$delta')},"@odata.deltaLink":${deltaLink},${value}}`)
}

/** What first reads and reads of changes write alike. */
function answerParts(
  set: RowSet,
  { options, preferences }: Pick<ReadInput, 'options' | 'preferences'>,
  context: ApiContext,
): { about: (suffix: string) => string; write: (row: StoredRow) => string } {
  const { table } = set
  const projection = readProjection(options, table, context)
  const write = rowWriter({
    table,
    projection,
    preferences,
    context,
    aliases: options.aliases,
    etag: true,
    single: false,
  })
  const base = `${context.root}$metadata#${set.context}${projectionText(projection)}`
  return { about: (suffix) => JSON.stringify(`${base}${suffix}`), write }
}

/** A link to the same query, as JSON text. */
function linkTo(
  path: string,
  { repeated }: QueryString,
  { root }: ApiContext,
): (name: string, token: string) => string {
  const kept = repeated.split('&').filter((pair) => pair !== '' && !/^(?:\$|%24)deltatoken=/.test(pair))
  return (name, token) => JSON.stringify(`${root}${path}?${[...kept, `${name}=${token}`].join('&')}`)
}
