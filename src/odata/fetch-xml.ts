import { DOMParser, type Element, XMLSerializer } from '@xmldom/xmldom'
import { D365Error } from '../core/errors.ts'

/** Reads FetchXML as far as paging and column names need it, and prints it with another page. */
export interface FetchQuery {
  /** Logical name of the root table. */
  readonly entity: string
  readonly columns: readonly FetchColumn[]
  /** Are all columns of the root table asked for? */
  readonly all: boolean
  /** `top`, which excludes paging. */
  readonly top: number | undefined
  /** `count`: rows per page. */
  readonly count: number | undefined
  /** First page asked for. */
  readonly page: number
  /** The text with this page and cookie. */
  withPage(page: {
    readonly page: number
    readonly count: number
    readonly cookie?: string | undefined
  }): string
}

export interface FetchColumn {
  /** Name in the answer: the alias, or `link.column` for linked tables. */
  readonly name: string
  /** Logical name, where the value is that of a column of the root table and not of a link or aggregate. */
  readonly column: string | undefined
}

export function readFetchXml(xml: string): FetchQuery {
  const document = parse(xml)
  const fetch = document.documentElement
  const entity = fetch?.tagName === 'fetch' ? children(fetch, 'entity')[0] : undefined
  const name = entity?.getAttribute('name')
  if (!fetch || !entity || !name) throw invalid('it must be <fetch><entity name="…">…</entity></fetch>')
  return {
    entity: name,
    columns: columnsOf(entity, { link: undefined, count: linkCounter() }),
    all: children(entity, 'all-attributes').length > 0 || !hasAttributes(entity),
    top: wholeNumber(fetch, 'top'),
    count: wholeNumber(fetch, 'count'),
    page: wholeNumber(fetch, 'page') ?? 1,
    withPage: ({ page, count, cookie }) => {
      const copy = parse(xml)
      const root = copy.documentElement
      root?.setAttribute('page', String(page))
      root?.setAttribute('count', String(count))
      if (cookie === undefined) root?.removeAttribute('paging-cookie')
      else root?.setAttribute('paging-cookie', cookie)
      return new XMLSerializer().serializeToString(copy)
    },
  }
}

/**
 * The cookie for the next page out of the annotation: an XML element whose attribute is URL-encoded twice.
 * https://learn.microsoft.com/power-apps/developer/data-platform/fetchxml/page-results
 */
export function readPagingCookie(annotation: unknown): string | undefined {
  if (typeof annotation !== 'string') return undefined
  const cookie = parse(annotation).documentElement?.getAttribute('pagingcookie')
  return cookie ? decodeURIComponent(decodeURIComponent(cookie)) : undefined
}

/** Names of links without an alias: their table and their number in the query, from 1. */
function linkCounter(): (link: Element) => string {
  let links = 0
  return (link) => {
    links++
    return link.getAttribute('alias') || `${link.getAttribute('name') ?? ''}${links}`
  }
}

/** Without any attribute the service answers with all columns of the root table. */
function hasAttributes(element: Element): boolean {
  if (children(element, 'attribute').length > 0 || children(element, 'all-attributes').length > 0) return true
  return children(element, 'link-entity').some(hasAttributes)
}

interface Place {
  /** Name of the link; undefined for the root table. */
  readonly link: string | undefined
  readonly count: (link: Element) => string
}

function columnsOf(element: Element, { link, count }: Place): FetchColumn[] {
  if (link !== undefined && children(element, 'all-attributes').length > 0)
    throw new D365Error('CONFIG_INVALID', `The FetchXML asks for all-attributes of the link ${link}.`, {
      hint: 'Name its columns by <attribute>: which ones a link brings cannot be told in advance.',
    })
  const own = children(element, 'attribute').map((attribute): FetchColumn => {
    const name = attribute.getAttribute('name') ?? ''
    const alias = attribute.getAttribute('alias')
    if (alias) return { name: alias, column: undefined }
    return link === undefined ? { name, column: name } : { name: `${link}.${name}`, column: undefined }
  })
  const linked = children(element, 'link-entity').flatMap((child) =>
    columnsOf(child, { link: count(child), count }),
  )
  return [...own, ...linked]
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

function wholeNumber(element: Element, name: string): number | undefined {
  const text = element.getAttribute(name)
  if (!text) return undefined
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw invalid(`${name} is ${text}; it must be a whole number above 0`)
}

function parse(xml: string) {
  const problems: string[] = []
  try {
    const document = new DOMParser({ onError: (_level, message) => problems.push(message) }).parseFromString(
      xml,
      'text/xml',
    )
    if (problems.length === 0) return document
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error))
  }
  throw invalid(problems[0] ?? 'it is not XML')
}

function invalid(why: string): D365Error {
  return new D365Error('CONFIG_INVALID', `The FetchXML cannot be read: ${why}.`, {
    hint: 'See https://learn.microsoft.com/power-apps/developer/data-platform/fetchxml/overview.',
  })
}
