/** Prints OData queries: URLs exactly as they go over the wire, percent-encoded once. */
export interface QueryOptions {
  readonly select?: readonly string[] | undefined
  readonly filter?: string | undefined
  readonly orderby?: string | undefined
  readonly top?: number | undefined
  readonly expand?: string | undefined
  readonly count?: boolean | undefined
  /** Aggregation, instead of all of the above. */
  readonly apply?: string | undefined
  /** FetchXML text, instead of all of the above. */
  readonly fetchXml?: string | undefined
}

/** `accounts?$select=name&$filter=revenue%20gt%201000` */
export function printQuery(entitySet: string, options: QueryOptions): string {
  const { select, filter, orderby, top, expand, count, apply, fetchXml } = options
  const parts = [
    part('$select', select?.join(',')),
    part('$filter', filter),
    part('$orderby', orderby),
    part('$top', top?.toString()),
    part('$expand', expand),
    part('$count', count ? 'true' : undefined),
    part('$apply', apply),
    part('fetchXml', fetchXml),
  ].filter((text) => text !== '')
  return parts.length === 0 ? entitySet : `${entitySet}?${parts.join('&')}`
}

/** A string literal: in single quotes, quotes inside doubled. */
export function textLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** Characters OData leaves readable in a query; everything else is encoded, `+ & # %` above all. */
function part(name: string, value: string | undefined): string {
  if (value === undefined || value === '') return ''
  return `${name}=${encodeURIComponent(value).replace(/%(2C|2F|3A|40|24|3B|28|29|27|3D)/g, decodeURIComponent)}`
}

/** One `Prefer` header; empty where nothing is preferred. */
export function prefer(options: {
  readonly pageSize?: number | undefined
  readonly annotations?: readonly string[]
}): string {
  const { pageSize, annotations = [] } = options
  return [
    pageSize === undefined ? '' : `odata.maxpagesize=${pageSize}`,
    annotations.length === 0 ? '' : `odata.include-annotations="${annotations.join(',')}"`,
  ]
    .filter((text) => text !== '')
    .join(',')
}
