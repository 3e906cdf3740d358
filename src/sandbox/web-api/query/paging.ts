import type { ColumnDefinition, TableDefinition } from '../../schema.ts'
import type { Cell, StoredRow } from '../../store/store.ts'
import { type ApiContext, ApiError } from '../operation.ts'
import { decode } from './options.ts'
import { rowsOf } from './rows-of.ts'

/** The `$skiptoken` cookie: last row of the page by its sort columns and key, so that inserts in between shift nothing. */
export interface PagePosition {
  /** Page this token asks for, from 2. */
  readonly page: number
  /** The last row handed out: its sort columns as they were then. */
  readonly last: StoredRow
}

export interface PageEdge {
  readonly first: StoredRow
  readonly last: StoredRow
  readonly page: number
}

export interface CookieColumns {
  readonly table: TableDefinition
  /** Columns sorted by; those of related rows are undefined and not in the cookie. */
  readonly columns: readonly (string | undefined)[]
  /** Rows asked for, which only pages inside nested expands tell. */
  readonly countOfRecords?: number
}

/** Percent-encoded, ready for a URL. */
export function printToken(edge: PageEdge, columns: CookieColumns): string {
  const cookie = encodeCookie(printCookie(edge, columns))
  return encodeURI(`<cookie pagenumber="${edge.page + 1}" pagingcookie="${cookie}" istracking="False" />`)
}

/** `<cookie page="1"><name last="B" first="A" /><accountid last="{…}" first="{…}" /></cookie>` */
export function printCookie(
  { first, last, page }: PageEdge,
  { table, columns, countOfRecords }: CookieColumns,
): string {
  const elements = [...columns, table.primaryKey].map((column) =>
    column === undefined
      ? ''
      : `<${column}${edgeText('last', last[column])}${edgeText('first', first[column])} />`,
  )
  const count = countOfRecords === undefined ? '' : ` countOfRecords="${countOfRecords}"`
  return `<cookie page="${page}"${count}>${elements.join('')}</cookie>`
}

function edgeText(name: 'first' | 'last', cell: Cell | undefined): string {
  if (cell === undefined) return ` ${name}null="1"`
  const text = String(cell)
  const shown = GUID.test(text) ? `{${text.toUpperCase()}}` : text
  return ` ${name}="${shown.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)}"`
}

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Percent-encoded as cookies are: brackets too, with digits in lower case. */
export function encodeCookie(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)
    .replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())
}

/** Reads a token that this sandbox made. */
export function readToken(token: string, table: TableDefinition, context: ApiContext): PagePosition {
  const page = /pagenumber="(\d+)"/.exec(token)?.[1]
  const encoded = /pagingcookie="([^"]*)"/.exec(token)?.[1]
  if (page === undefined || encoded === undefined) throw invalidToken()
  return { page: Number(page), last: readCookie(decode(encoded), table, context) }
}

/**
 * The row of a cookie. What the cookie does not tell (targets of lookups, columns of related rows) is taken from the
 * row itself, as far as it is there still.
 */
export function readCookie(cookie: string, table: TableDefinition, { store }: ApiContext): StoredRow {
  const last: StoredRow = {}
  for (const [, name = '', text] of cookie.matchAll(/<(\w+)(?: last="([^"]*)"| lastnull="1")/g)) {
    const definition = store.schema.column(table.logicalName, name)
    if (!definition) throw invalidToken()
    last[name] = text === undefined ? undefined : cookieCell(definition, decodeEntities(text))
  }
  const id = last[table.primaryKey]
  if (typeof id !== 'string') throw invalidToken()
  return { ...rowsOf(store, table.logicalName).get(id), ...last }
}

function decodeEntities(text: string): string {
  return text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
}

function cookieCell({ type }: ColumnDefinition, text: string): Cell {
  const bare = /^\{(.*)\}$/.exec(text)?.[1]
  if (bare !== undefined && GUID.test(bare)) return bare.toLowerCase()
  if (type === 'Decimal' || type === 'Money' || type === 'BigInt') return wholeNumber(text)
  if (['Integer', 'Double', 'Picklist', 'State', 'Status'].includes(type)) return Number(text)
  return type === 'Boolean' ? text === 'true' : text
}

function wholeNumber(text: string): bigint {
  if (!/^-?\d+$/.test(text)) throw invalidToken()
  return BigInt(text)
}

function invalidToken(): ApiError {
  return new ApiError(400, '0x80041129', 'Malformed XML in the Paging Cookie')
}
