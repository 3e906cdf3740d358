import { D365Error } from '../core/errors.ts'
import { nearNames } from '../core/near.ts'
import { type FetchQuery, readFetchXml } from '../odata/fetch-xml.ts'
import type { NumberReading, Page } from '../odata/page.ts'
import { prefer, printQuery } from '../odata/query.ts'
import type { Row } from '../odata/row.ts'
import { rowMapper } from '../odata/row-mapper.ts'
import { readFetchPages, readPages } from '../service/paging.ts'
import type { Session } from '../service/session.ts'
import {
  expandedNames,
  type LabelOptions,
  type OutputColumn,
  outputColumns,
  outputOfFetch,
} from './output-columns.ts'
import type { Column, Table } from './table.ts'

/** Rows of one table as a stream. Nothing is asked of the service before the first row is. */
export interface ReadOptions {
  /** Columns by logical name. Default: all. The primary key always comes along. */
  readonly select?: readonly string[]
  /** OData filter text, sent as it is. */
  readonly filter?: string
  /** OData order, e.g. `revenue desc,name`. */
  readonly orderby?: string
  /** At most this many rows, 1 or more. Default: all. */
  readonly top?: number
  /** OData expand text; each expanded navigation becomes a column of related rows. */
  readonly expand?: string
  /** FetchXML text, instead of select, filter, orderby, top and expand. */
  readonly fetchXml?: string
  /**
   * Adds `xname` (label) beside each choice, yes/no and lookup column `x`, and `xtype` (table) beside each lookup
   * that may point to several tables. Default false: labels of lookups triple the bytes of a page.
   */
  readonly labels?: boolean
  /** Rows per request, 1 to the service's limit. Default: the limit, less for very wide tables. */
  readonly pageSize?: number
  readonly signal?: AbortSignal | undefined
}

export interface RowReader extends AsyncIterable<Row> {
  readonly columns: readonly OutputColumn[]
  /** The same rows some hundred or thousand at a time. Rows are read once: through this, or through the reader itself. */
  batches(): AsyncGenerator<readonly Row[]>
  /** True once every row was handed out. */
  readonly complete: boolean
}

export function readRows(session: Session, table: Table, options: ReadOptions = {}): RowReader {
  const plan =
    options.fetchXml === undefined ? planQuery(session, table, options) : planFetch(session, table, options)
  const mapRow = rowMapper(plan.columns.map(({ name, property, read }) => ({ name, property, read })))
  let complete = false
  const batches = async function* (): AsyncGenerator<readonly Row[]> {
    for await (const rows of plan.pages()) yield rows.map(mapRow)
    complete = true
  }
  return {
    columns: plan.columns,
    batches,
    get complete() {
      return complete
    },
    async *[Symbol.asyncIterator]() {
      for await (const batch of batches()) yield* batch
    },
  }
}

interface ReadPlan {
  readonly columns: readonly OutputColumn[]
  readonly pages: () => AsyncGenerator<Page['rows']>
}

function planQuery(session: Session, table: Table, options: ReadOptions): ReadPlan {
  const { filter, orderby, top, expand, labels = false, signal } = options
  checkTop(top)
  if (options.select !== undefined && !Array.isArray(options.select))
    throw new D365Error('CONFIG_INVALID', 'select must be a list of column names.', {
      hint: "For example ['name', 'revenue'].",
    })
  const chosen = options.select && chooseColumns(options.select, table)
  const own = chosen ?? table.columns.filter(({ readable }) => readable)
  const columns = [
    ...outputColumns(own, { labels, annotations: session.capabilities.read.annotations }),
    ...outputOfExpand(expand),
  ]
  const pageSize = Math.min(
    choosePageSize(session, own.length, options.pageSize),
    top ?? Number.POSITIVE_INFINITY,
  )
  // A page size would also cut the related rows of each row: a single page is asked for by $top instead.
  const single =
    expand !== undefined && options.pageSize === undefined && top !== undefined && top <= pageSize
  const path = printQuery(table.entitySet, {
    select: chosen?.map(({ property }) => property),
    filter,
    orderby,
    expand,
    top: single ? top : undefined,
  })
  const preference = prefer({
    pageSize: single ? undefined : pageSize,
    annotations: annotationsFor(own, { labels, annotations: session.capabilities.read.annotations }),
  })
  const related = single ? session.capabilities.read.maxPageSize : pageSize
  const pages = () =>
    readPages(session, {
      path,
      headers: preference === '' ? {} : { Prefer: preference },
      numbers: numbersOf(columns, { unknown: expand !== undefined }),
      flat: expand === undefined,
      top: top ?? Number.POSITIVE_INFINITY,
      signal,
    })
  return { columns, pages: () => (expand === undefined ? pages() : wholeRelated(pages(), related)) }
}

/** Related rows come in pages too, of which an answer holds the first: a cut list is an error, not a shorter answer. */
async function* wholeRelated(
  pages: AsyncGenerator<Page['rows']>,
  limit: number,
): AsyncGenerator<Page['rows']> {
  for await (const rows of pages) {
    for (const row of rows) refuseCut(row, limit)
    yield rows
  }
}

const NEXT_LINK = '@odata.nextLink'

/** A link stands beside whole lists as well; only one as long as a page can be cut. */
function refuseCut(row: object, limit: number): void {
  for (const [name, value] of Object.entries(row)) {
    if (Array.isArray(value)) for (const one of value) refuseCut(one, limit)
    else if (typeof value === 'object' && value !== null) refuseCut(value, limit)
    if (!Array.isArray(value) || value.length < limit || !(`${name}${NEXT_LINK}` in row)) continue
    throw new D365Error(
      'RESPONSE_INVALID',
      `A row has ${limit} or more rows in ${name}; the service sends only the first ${limit} of them.`,
      {
        hint: `Read the table behind ${name} by itself, or narrow it: --expand "${name}($filter=…)". Without --page-size up to 5,000 come.`,
      },
    )
  }
}

function planFetch(session: Session, table: Table, options: ReadOptions): ReadPlan {
  const beside = (['select', 'filter', 'orderby', 'top', 'expand'] as const).filter(
    (name) => options[name] !== undefined,
  )
  if (beside[0] !== undefined)
    throw new D365Error('CONFIG_INVALID', `fetchXml and ${beside[0]} cannot be used together.`, {
      hint: 'Write the columns, filter, order and top into the FetchXML.',
    })
  const query = readFetchXml(options.fetchXml ?? '')
  if (!session.capabilities.read.fetchXml)
    throw new D365Error('CONFIG_INVALID', `${session.capabilities.service} does not take FetchXML.`)
  if (query.entity !== table.name)
    throw new D365Error(
      'CONFIG_INVALID',
      `The FetchXML reads ${query.entity}, the command names ${table.name}.`,
      {
        hint: `Read ${query.entity} instead, or change <entity name> in the FetchXML.`,
      },
    )
  const { labels = false, signal } = options
  const names = session.capabilities.read.annotations
  const columns = outputOfFetch(query, table, { labels, annotations: names })
  const own = table.columns.filter(
    ({ name }) => query.all || query.columns.some(({ column }) => column === name),
  )
  const annotations = annotationsFor(own, { labels, annotations: names })
  return {
    columns,
    pages: () =>
      pagesOfFetch(session, {
        table,
        query,
        options,
        annotations,
        numbers: numbersOf(columns, { unknown: true }),
        signal,
      }),
  }
}

interface FetchPlan {
  readonly table: Table
  readonly query: FetchQuery
  readonly options: ReadOptions
  readonly annotations: readonly string[]
  readonly numbers: NumberReading
  readonly signal: AbortSignal | undefined
}

function pagesOfFetch(session: Session, plan: FetchPlan): AsyncGenerator<Page['rows']> {
  const { table, query, options, annotations, numbers, signal } = plan
  const { fetchCookie, moreRows } = session.capabilities.read.annotations
  const paging = [...annotations, fetchCookie, moreRows]
  // `top` and paging exclude each other: such a query is a single page.
  if (query.top !== undefined)
    return readPages(session, {
      path: printQuery(table.entitySet, { fetchXml: options.fetchXml }),
      headers: annotations.length === 0 ? {} : { Prefer: prefer({ annotations }) },
      numbers,
      flat: false,
      top: query.top,
      signal,
    })
  const pageSize = query.count ?? choosePageSize(session, table.columns.length, options.pageSize)
  return readFetchPages(session, {
    entitySet: table.entitySet,
    query,
    pageSize,
    headers: { Prefer: prefer({ annotations: paging }) },
    numbers,
    signal,
  })
}

function checkTop(top: number | undefined): void {
  if (top === undefined || (Number.isInteger(top) && top > 0)) return
  throw new D365Error('CONFIG_INVALID', `top is ${top}; it must be a whole number above 0.`)
}

function chooseColumns(select: readonly string[], table: Table): Column[] {
  const wanted = [...new Set([...select.map((name) => name.trim().toLowerCase()), table.primaryKey])]
  return wanted.map((name) => {
    const column = table.columns.find((one) => one.name === name || one.property === name)
    if (column?.readable) return column
    const near = nearNames(
      name,
      table.columns.map((one) => one.name),
    )
    throw new D365Error(
      'NOT_FOUND',
      column ? `${table.name}.${name} cannot be read.` : `${table.name} has no column ${name}.`,
      {
        hint:
          near.length > 0 && !column
            ? `Did you mean ${near.join(' or ')}?`
            : `d365 describe ${table.name} lists the columns.`,
      },
    )
  })
}

/** The service times out on full pages of very wide rows. */
function choosePageSize(session: Session, columns: number, asked: number | undefined): number {
  const { maxPageSize, pageSizeByColumns } = session.capabilities.read
  if (asked === undefined)
    return pageSizeByColumns.find(({ moreThanColumns }) => columns > moreThanColumns)?.pageSize ?? maxPageSize
  if (Number.isInteger(asked) && asked >= 1 && asked <= maxPageSize) return asked
  throw new D365Error('CONFIG_INVALID', `pageSize is ${asked}; it must be 1 to ${maxPageSize}.`, {
    hint: `Leave it out to use ${maxPageSize}.`,
  })
}

/** Labels of choices are known from metadata; only lookups need the service's annotations. */
function annotationsFor(
  columns: readonly Column[],
  { labels, annotations }: LabelOptions,
): readonly string[] {
  const { formattedValue, lookupTable } = annotations
  const lookups = labels ? columns.filter(({ type }) => type === 'lookup') : []
  if (lookups.length === 0) return []
  return lookups.some(({ targets = [] }) => targets.length > 1)
    ? [formattedValue, lookupTable]
    : [formattedValue]
}

/** `unknown`: are there columns beside these, of related rows or aliases? */
function numbersOf(columns: readonly OutputColumn[], { unknown }: { unknown: boolean }): NumberReading {
  return {
    exact: columns
      .filter(({ type }) => type === 'decimal' || type === 'money' || type === 'bigint')
      .map(({ property }) => property),
    known: unknown
      ? new Set(columns.filter(({ type }) => type !== 'json').map(({ property }) => property))
      : undefined,
  }
}

function outputOfExpand(expand: string | undefined): readonly OutputColumn[] {
  return expandedNames(expand ?? '').map((name) => ({
    name,
    label: name,
    type: 'json',
    property: name,
    read: 'nested',
  }))
}
