import { type Condition, type ConditionValue, type RelatedCondition, wildcardFree } from './condition.ts'

/** Prints FetchXML: https://learn.microsoft.com/power-apps/developer/data-platform/fetchxml/overview */
export interface FetchRequest {
  readonly entity: FetchEntity
  /** Rows in all; excludes pages. */
  readonly top?: number | undefined
  readonly aggregate?: boolean | undefined
  readonly distinct?: boolean | undefined
}

export interface FetchEntity {
  /** Logical name. */
  readonly name: string
  /** At the root one at least: without any the service answers with all columns. */
  readonly attributes: readonly FetchAttribute[]
  readonly filter: readonly Condition[]
  readonly orders?: readonly FetchOrder[] | undefined
  readonly links?: readonly FetchLink[] | undefined
}

export interface FetchLink extends FetchEntity {
  /** Column of the linked table, and of the one it is linked to. */
  readonly from: string
  readonly to: string
  readonly alias: string
  readonly type: 'inner' | 'outer'
}

export interface FetchAttribute {
  readonly name: string
  /** Name in the answer. Required in an aggregate and, to be told apart, in a link. */
  readonly alias?: string | undefined
  readonly aggregate?: 'avg' | 'count' | 'countcolumn' | 'max' | 'min' | 'sum' | undefined
  readonly groupBy?: boolean | undefined
  readonly dateGrouping?: 'day' | 'week' | 'month' | 'quarter' | 'year' | undefined
  /** False: dates are grouped in UTC, not in the caller's zone. */
  readonly userTimeZone?: boolean | undefined
  /** `countcolumn` of different values only. */
  readonly distinct?: boolean | undefined
}

/** By a column, or in an aggregate by an alias. */
export interface FetchOrder {
  readonly attribute?: string | undefined
  readonly alias?: string | undefined
  readonly descending: boolean
}

export interface FetchPage {
  /** From 1. */
  readonly page: number
  readonly count: number
  /** Cookie of the page before. */
  readonly cookie?: string | undefined
}

/** `<fetch top='5'><entity name='account'><attribute name='name'/></entity></fetch>` */
export function printFetch(
  { entity, top, aggregate, distinct }: FetchRequest,
  { page, count, cookie }: Partial<FetchPage> = {},
): string {
  const own = element('fetch', {
    aggregate,
    distinct,
    top,
    // The service refuses both.
    ...(top === undefined ? { count, page, 'paging-cookie': cookie } : {}),
  })
  return own([element('entity', { name: entity.name })(inside(entity))])
}

function inside({ attributes, filter, orders = [], links = [] }: FetchEntity): readonly string[] {
  return [
    ...attributes.map(printAttribute),
    ...orders.map(({ attribute, alias, descending }) =>
      element('order', { attribute, alias, descending: descending || undefined })([]),
    ),
    filter.length === 0 ? '' : printGroup('and', filter),
    ...links.map(printLink),
  ]
}

function printAttribute(attribute: FetchAttribute): string {
  const { name, alias, aggregate, groupBy, dateGrouping, userTimeZone, distinct } = attribute
  return element('attribute', {
    name,
    alias,
    aggregate,
    groupby: groupBy,
    dategrouping: dateGrouping,
    usertimezone: userTimeZone,
    distinct,
  })([])
}

function printLink(link: FetchLink): string {
  const { name, from, to, alias, type } = link
  return element('link-entity', { name, from, to, alias, 'link-type': type })(inside(link))
}

function printGroup(type: 'and' | 'or', conditions: readonly Condition[]): string {
  return element('filter', { type: type === 'or' ? type : undefined })(conditions.map(printCondition))
}

function printCondition(condition: Condition): string {
  switch (condition.kind) {
    case 'compare':
      return printComparison(condition.column.name, condition.operator, condition.value.text)
    case 'null':
      return printComparison(condition.column.name, condition.isNull ? 'null' : 'not-null')
    case 'part':
      return printPart(condition)
    case 'all':
      return printGroup('and', condition.of)
    case 'any':
      return printChoice(condition.of)
    case 'related':
      return printRelated(condition)
  }
}

function printComparison(attribute: string, operator: string, value?: string): string {
  return element('condition', { attribute, operator, value })([])
}

/** The pattern is written out: what `begins-with` makes of a wildcard at its end is not documented. */
function printPart({ column, at, text }: Extract<Condition, { kind: 'part' }>): string {
  const fixed = wildcardFree(text)
  const pattern = `${at === 'start' ? '' : '%'}${fixed}${at === 'end' ? '' : '%'}`
  return printComparison(column.name, 'like', pattern)
}

/** Values of one column are shorter as a list. */
function printChoice(conditions: readonly Condition[]): string {
  const values = valuesOf(conditions)
  if (!values) return printGroup('or', conditions)
  const list = values.values.map(({ text }) => `<value>${escapeText(text)}</value>`)
  return element('condition', { attribute: values.column, operator: 'in' })(list)
}

/** Undefined where they are not all `column = value` of one column. Texts are left out: blanks around a value may not count. */
function valuesOf(
  conditions: readonly Condition[],
): { readonly column: string; readonly values: readonly ConditionValue[] } | undefined {
  const [first] = conditions
  if (first?.kind !== 'compare') return undefined
  const values = conditions.flatMap((one) =>
    one.kind === 'compare' &&
    one.operator === 'eq' &&
    one.value.kind === 'plain' &&
    one.column.name === first.column.name
      ? [one.value]
      : [],
  )
  return values.length === conditions.length ? { column: first.column.name, values } : undefined
}

/** https://learn.microsoft.com/power-apps/developer/data-platform/fetchxml/filter-rows#filter-on-values-in-related-records */
function printRelated({ exists, table, from, to, filter }: RelatedCondition): string {
  const link = element('link-entity', { name: table, from, to, 'link-type': exists ? 'any' : 'not any' })
  return link([filter.length === 0 ? '' : printGroup('and', filter)])
}

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

function element(name: string, attributes: Attributes): (children: readonly string[]) => string {
  const named = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}='${escapeText(String(value))}'`)
  const start = `<${name}${named.join('')}`
  return (children) => {
    const text = children.join('')
    return text === '' ? `${start}/>` : `${start}>${text}</${name}>`
  }
}

/** White space in an attribute would be read as a blank: it is written by its number. */
function escapeText(text: string): string {
  return text.replace(/[&<>"'\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`)
}

/**
 * Can these conditions be sent as FetchXML? Every text has to be one that XML can hold and the service takes as a value (it
 * refuses an empty one), and all of them have to leave room in the longest URL.
 */
export function isPrintable(conditions: readonly Condition[]): boolean {
  if (!conditions.every(hasXmlForm)) return false
  return encodeURIComponent(printGroup('and', conditions)).length <= MAX_FILTER_BYTES
}

/** Of the 65,536 bytes that a URL may have. */
const MAX_FILTER_BYTES = 45_000

function hasXmlForm(condition: Condition): boolean {
  switch (condition.kind) {
    case 'compare':
      return condition.value.text !== '' && isXmlText(condition.value.text)
    case 'null':
      return true
    case 'part':
      return isXmlText(condition.text)
    case 'all':
    case 'any':
      return condition.of.every(hasXmlForm)
    case 'related':
      return condition.filter.every(hasXmlForm)
  }
}

/** https://www.w3.org/TR/xml/#charsets */
function isXmlText(text: string): boolean {
  return !/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.test(text)
}
