import { DOMParser, type Element } from '@xmldom/xmldom'
import { notEmulated } from '../operation.ts'
import { checkFetch } from './check-fetch.ts'
import { fetchError } from './fetch-error.ts'

/** FetchXML as a tree of plain data. Names are not looked up here. */
export interface FetchQuery {
  readonly entity: FetchEntity
  readonly top: number | undefined
  readonly count: number | undefined
  readonly page: number
  readonly cookie: string | undefined
  readonly distinct: boolean
  readonly aggregate: boolean
  readonly aggregateLimit: number | undefined
  readonly totalCount: boolean
  /** `useraworderby`: choices are sorted by value, not by label. */
  readonly rawOrder: boolean
}

export interface FetchEntity {
  readonly name: string
  /** Every column: asked for, or at the root by naming none. */
  readonly allAttributes: boolean
  readonly attributes: readonly FetchAttribute[]
  readonly orders: readonly FetchOrder[]
  readonly filters: readonly FetchFilter[]
  readonly links: readonly FetchLink[]
}

export interface FetchAttribute {
  readonly name: string
  readonly alias: string | undefined
  readonly aggregate: string | undefined
  /** `CountChildren`: how many rows are right below this one in the table's hierarchy. */
  readonly rowAggregate: string | undefined
  readonly distinct: boolean
  readonly groupBy: boolean
  readonly dateGrouping: string | undefined
}

export interface FetchOrder {
  readonly attribute: string | undefined
  readonly alias: string | undefined
  readonly entityName: string | undefined
  readonly descending: boolean
}

export interface FetchFilter {
  readonly type: 'and' | 'or'
  readonly conditions: readonly FetchCondition[]
  readonly filters: readonly FetchFilter[]
  /** `<link-entity link-type="any">` inside a filter. */
  readonly links: readonly FetchLink[]
}

export interface FetchCondition {
  readonly attribute: string
  readonly operator: string
  readonly entityName: string | undefined
  readonly values: readonly string[]
  /** `valueof`: another column of the row. */
  readonly valueOf: string | undefined
}

export interface FetchLink extends FetchEntity {
  readonly from: string
  readonly to: string
  readonly alias: string
  readonly linkType: string
}

export function parseFetchXml(xml: string): FetchQuery {
  const root = parseXml(xml)
  const [entity, another] = root.tagName === 'fetch' ? children(root, 'entity') : []
  if (!entity || another) throw fetchError('Invalid XML: a fetch element with one entity is expected.')
  if (root.getAttribute('datasource')) throw notEmulated('the datasource attribute of FetchXML')
  checkChildren(root)
  let links = 0
  const nextAlias = (name: string): string => {
    links++
    return `${name}${links}`
  }
  const query: FetchQuery = {
    entity: readRoot(entity, nextAlias),
    top: wholeNumber(root, 'top'),
    count: wholeNumber(root, 'count'),
    page: wholeNumber(root, 'page') ?? 1,
    cookie: root.getAttribute('paging-cookie') || undefined,
    distinct: isTrue(root, 'distinct'),
    aggregate: isTrue(root, 'aggregate'),
    aggregateLimit: wholeNumber(root, 'aggregatelimit'),
    totalCount: isTrue(root, 'returntotalrecordcount'),
    rawOrder: isTrue(root, 'useraworderby'),
  }
  checkFetch(query)
  return query
}

function readRoot(element: Element, nextAlias: (name: string) => string): FetchEntity {
  const entity = readEntity(element, nextAlias)
  const none = entity.attributes.length === 0 && children(element, 'no-attrs').length === 0
  return { ...entity, allAttributes: entity.allAttributes || none }
}

/** Elements by the elements they may stand in. */
const CHILDREN: ReadonlyMap<string, readonly string[]> = new Map([
  ['fetch', ['entity']],
  ['entity', ['attribute', 'all-attributes', 'no-attrs', 'order', 'filter', 'link-entity']],
  ['link-entity', ['attribute', 'all-attributes', 'no-attrs', 'order', 'filter', 'link-entity']],
  ['filter', ['condition', 'filter', 'link-entity']],
  ['condition', ['value']],
])

function checkChildren(element: Element): void {
  const allowed = CHILDREN.get(element.tagName) ?? []
  for (let node = element.firstChild; node; node = node.nextSibling) {
    if (!isElement(node)) continue
    if (!allowed.includes(node.tagName))
      throw fetchError(
        `Invalid Child Node, valid nodes are ${allowed.join(', ')}. NodeName = ${node.tagName} NodeXml = <${node.tagName}>`,
        '0x8004111c',
      )
    checkChildren(node)
  }
}

function readEntity(element: Element, nextAlias: (name: string) => string): FetchEntity {
  return {
    name: attributeOf(element, 'name') ?? '',
    allAttributes: children(element, 'all-attributes').length > 0,
    attributes: children(element, 'attribute').map(readAttribute),
    orders: children(element, 'order').map(readOrder),
    filters: children(element, 'filter').map((filter) => readFilter(filter, nextAlias)),
    links: children(element, 'link-entity').map((link) => readLink(link, nextAlias)),
  }
}

function readAttribute(element: Element): FetchAttribute {
  return {
    name: attributeOf(element, 'name') ?? '',
    alias: attributeOf(element, 'alias'),
    aggregate: attributeOf(element, 'aggregate'),
    rowAggregate: attributeOf(element, 'rowaggregate'),
    distinct: isTrue(element, 'distinct'),
    groupBy: isTrue(element, 'groupby'),
    dateGrouping: attributeOf(element, 'dategrouping'),
  }
}

function readOrder(element: Element): FetchOrder {
  return {
    attribute: attributeOf(element, 'attribute'),
    alias: attributeOf(element, 'alias'),
    entityName: attributeOf(element, 'entityname'),
    descending: isTrue(element, 'descending'),
  }
}

function readFilter(element: Element, nextAlias: (name: string) => string): FetchFilter {
  return {
    type: readFilterType(attributeOf(element, 'type') ?? 'and'),
    conditions: children(element, 'condition').map(readCondition),
    filters: children(element, 'filter').map((filter) => readFilter(filter, nextAlias)),
    links: children(element, 'link-entity').map((link) => readLink(link, nextAlias)),
  }
}

function readFilterType(type: string): 'and' | 'or' {
  if (type === 'and' || type === 'or') return type
  throw fetchError(`Invalid filter type: ${type}.`, '0x80041122')
}

function readCondition(element: Element): FetchCondition {
  const value = element.hasAttribute('value') ? [element.getAttribute('value') ?? ''] : []
  return {
    attribute: attributeOf(element, 'attribute') ?? '',
    operator: attributeOf(element, 'operator') ?? 'eq',
    entityName: attributeOf(element, 'entityname'),
    values: [...value, ...children(element, 'value').map((child) => (child.textContent ?? '').trim())],
    valueOf: attributeOf(element, 'valueof'),
  }
}

function readLink(element: Element, nextAlias: (name: string) => string): FetchLink {
  const entity = readEntity(element, nextAlias)
  return {
    ...entity,
    from: attributeOf(element, 'from') ?? '',
    to: attributeOf(element, 'to') ?? '',
    alias: attributeOf(element, 'alias') ?? nextAlias(entity.name),
    linkType: attributeOf(element, 'link-type') ?? 'inner',
  }
}

function children(element: Element, name: string): Element[] {
  const found: Element[] = []
  for (let node = element.firstChild; node; node = node.nextSibling)
    if (isElement(node) && node.tagName === name) found.push(node)
  return found
}

function isElement(node: { readonly nodeType: number }): node is Element {
  return node.nodeType === 1
}

function attributeOf(element: Element, name: string): string | undefined {
  return element.getAttribute(name) || undefined
}

function isTrue(element: Element, name: string): boolean {
  return ['true', '1'].includes((element.getAttribute(name) ?? '').toLowerCase())
}

function wholeNumber(element: Element, name: string): number | undefined {
  const text = element.getAttribute(name)
  if (!text) return undefined
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw fetchError(`Invalid value for the attribute ${name}: ${text}.`, '0x8004112A')
}

function parseXml(xml: string): Element {
  const problems: string[] = []
  try {
    const document = new DOMParser({ onError: (_level, message) => problems.push(message) }).parseFromString(
      xml,
      'text/xml',
    )
    if (problems.length === 0 && document.documentElement) return document.documentElement
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error))
  }
  throw fetchError(`Invalid XML: ${problems[0] ?? 'no root element'}`)
}
