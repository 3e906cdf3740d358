import type { ApiError } from '../operation.ts'
import { syntaxError } from './tokens.ts'

/** The query string of a read: known options, parameter aliases, and a refusal of everything Dataverse refuses. */
export interface QueryString {
  readonly select: string | undefined
  readonly filter: string | undefined
  readonly orderby: string | undefined
  readonly expand: string | undefined
  readonly apply: string | undefined
  readonly top: number | undefined
  readonly count: boolean
  readonly skipToken: string | undefined
  readonly deltaToken: string | undefined
  readonly fetchXml: string | undefined
  readonly savedQuery: string | undefined
  readonly userQuery: string | undefined
  readonly sql: string | undefined
  readonly partitionId: string | undefined
  /** `@p1` to its text. */
  readonly aliases: ReadonlyMap<string, string>
  /** What a nextLink repeats: every option but the token, as it came. */
  readonly repeated: string
}

const KNOWN = new Set([
  '$select',
  '$filter',
  '$orderby',
  '$expand',
  '$apply',
  '$top',
  '$count',
  '$skiptoken',
  '$deltatoken',
  'fetchXml',
  'savedQuery',
  'userQuery',
  'sql',
  'partitionId',
  'tag',
  'size',
])

export function readQueryString(query: string): QueryString {
  const pairs = query
    .split('&')
    .filter((pair) => pair !== '')
    .map(splitPair)
  const options = new Map<string, string>()
  const aliases = new Map<string, string>()
  for (const { name, value } of pairs) {
    if (name.startsWith('@')) aliases.set(name, value)
    else if (!KNOWN.has(name)) throw refuse(name)
    else if (name.startsWith('$') && options.has(name))
      throw syntaxError(
        `Query option '${name}' was specified more than once, but it must be specified at most once.`,
      )
    else options.set(name, value)
  }
  const get = (name: string): string | undefined => options.get(name)
  return {
    select: get('$select'),
    filter: get('$filter'),
    orderby: get('$orderby'),
    expand: get('$expand'),
    apply: get('$apply'),
    top: readTop(get('$top')),
    count: readCount(get('$count')),
    skipToken: get('$skiptoken'),
    deltaToken: get('$deltatoken'),
    fetchXml: get('fetchXml'),
    savedQuery: get('savedQuery'),
    userQuery: get('userQuery'),
    sql: get('sql'),
    partitionId: get('partitionId')?.replace(/^'|'$/g, ''),
    aliases,
    repeated: pairs
      .filter(({ name }) => name !== '$skiptoken')
      .map(({ raw }) => raw)
      .join('&'),
  }
}

function splitPair(raw: string): { readonly name: string; readonly value: string; readonly raw: string } {
  const at = raw.indexOf('=')
  const name = at < 0 ? raw : raw.slice(0, at)
  return { name: decode(name), value: at < 0 ? '' : decode(raw.slice(at + 1)), raw }
}

/** Percent-encoding with `+` for blanks, as query strings have it; a stray `%` stands for itself. */
export function decode(text: string): string {
  const spaced = text.replaceAll('+', ' ')
  try {
    return decodeURIComponent(spaced)
  } catch {
    return spaced
  }
}

/** Names without their `$` or in other letters are not the options they look like. */
function refuse(name: string): ApiError {
  return name === '$skip'
    ? syntaxError('Skip Clause is not supported in CRM')
    : syntaxError(`The query parameter ${name} is not supported`)
}

function readCount(text: string | undefined): boolean {
  if (text === undefined || text === 'true' || text === 'false') return text === 'true'
  throw syntaxError(`Invalid value '${text}' for $count query option found. Valid values are 'true, false'.`)
}

export function readTop(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (Number.isInteger(value) && value >= 0) return value
  throw syntaxError(
    `Invalid value '${text}' for $top query option found. The $top query option requires a non-negative integer value.`,
  )
}

/** What the `Prefer` headers ask for. */
export interface Preferences {
  readonly maxPageSize: number | undefined
  /** Does an annotation of this name go into the answer? */
  readonly annotation: (name: string) => boolean
  readonly annotationsText: string | undefined
  readonly trackChanges: boolean
  readonly representation: boolean
}

/** Most rows in a page. */
export const MAX_PAGE_SIZE = 5000

export function readPreferences(headers: Headers): Preferences {
  const prefer = headers.get('prefer') ?? ''
  const size = /odata\.maxpagesize\s*=\s*(\d+)/i.exec(prefer)?.[1]
  const included = /odata\.include-annotations\s*=\s*(?:"([^"]*)"|([^\s,]+))/i.exec(prefer)
  const annotationsText = included?.[1] ?? included?.[2]
  const patterns = (annotationsText ?? '')
    .split(',')
    .map((pattern) => pattern.trim())
    .filter((pattern) => pattern !== '')
  return {
    maxPageSize: size === undefined ? undefined : Math.min(MAX_PAGE_SIZE, Math.max(1, Number(size))),
    annotation: (name) =>
      patterns.some((pattern) =>
        pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name,
      ),
    annotationsText,
    trackChanges: /odata\.track-changes/i.test(prefer),
    representation: /return\s*=\s*representation/i.test(prefer),
  }
}

export const FORMATTED_VALUE = 'OData.Community.Display.V1.FormattedValue'
export const LOOKUP_TABLE = 'Microsoft.Dynamics.CRM.lookuplogicalname'
export const LOOKUP_NAVIGATION = 'Microsoft.Dynamics.CRM.associatednavigationproperty'
