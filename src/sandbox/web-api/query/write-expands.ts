import type { TableDefinition } from '../../schema.ts'
import type { StoredRow } from '../../store/store.ts'
import type { ApiContext } from '../operation.ts'
import { compileFilter } from './compile-filter.ts'
import { MAX_PAGE_SIZE } from './options.ts'
import { parseOrder } from './order.ts'
import { printToken } from './paging.ts'
import { parseFilter } from './parse-filter.ts'
import { requireTable, wireColumns } from './paths.ts'
import { relatedRows } from './related.ts'
import { rowsOf } from './rows-of.ts'
import { type Expand, type Projection, splitTop } from './select-expand.ts'
import { inOrder } from './source-rows.ts'
import { type CompiledRowOptions, compileRow, type RowWriter } from './write-rows.ts'

/** Expanded navigation properties inside rows: `"primarycontactid":{…}` and `"Account_Tasks":[…]` with its link. */
export function expandWriter(expand: Expand, options: CompiledRowOptions): RowWriter {
  return expand.kind === 'lookup' ? lookupWriter(expand, options) : collectionWriter(expand, options)
}

function lookupWriter(expand: Expand, options: CompiledRowOptions): RowWriter {
  const { context, depth, single } = options
  const { store } = context
  const { navigation, relationships, ref } = expand
  const [relationship] = relationships
  const column = relationship && 'referencingColumn' in relationship ? relationship.referencingColumn : ''
  const name = JSON.stringify(navigation)
  const targets = new Map(
    relationships
      .flatMap((one) => ('referencedTable' in one ? [one.referencedTable] : []))
      .map((target) => {
        const table = requireTable(store.schema, target)
        const write = compileRow({
          ...options,
          table,
          projection: projectionOn(table, expand, context),
          etag: single && depth === 0,
          depth: depth + 1,
        })
        return [target, { write, rows: rowsOf(store, target), set: table.entitySetName }] as const
      }),
  )
  const [only = ''] = targets.keys()
  return (row) => {
    const id = row[column]
    const target = targets.get(String(row[`${column}@table`] ?? only))
    const related = typeof id === 'string' ? target?.rows.get(id) : undefined
    if (!target || !related) return `${name}:null`
    return ref
      ? `${name}:{"@odata.id":${JSON.stringify(`${context.root}${target.set}(${id})`)}}`
      : `${name}:${target.write(related)}`
  }
}

/** An owner is a user or a team: a selection means the columns that its own table has. */
function projectionOn(
  table: TableDefinition,
  { table: selectedOn, projection }: Expand,
  { store }: ApiContext,
): Projection {
  if (table === selectedOn) return projection
  if (projection.selected === undefined) return { ...projection, columns: wireColumns(table) }
  const names = new Set([...projection.columns.map(({ logicalName }) => logicalName), table.primaryKey])
  const columns = [...names].flatMap((name) => store.schema.column(table.logicalName, name) ?? [])
  return { ...projection, columns }
}

function collectionWriter(expand: Expand, options: CompiledRowOptions): RowWriter {
  const { context, aliases, table: parent, depth, nested, single, preferences } = options
  const { navigation, table, top = MAX_PAGE_SIZE } = expand
  const relation = relatedRows(context.store, parent, navigation)
  const filter =
    expand.filter === undefined
      ? undefined
      : compileFilter(parseFilter(expand.filter, aliases), table, context)
  const order = parseOrder(expand.orderby, { table, context, aliases })
  const flat = depth === 0 && !nested
  const write = compileRow({
    ...options,
    table,
    projection: flat && !single ? withForeignKey(expand, context) : expand.projection,
    etag: flat,
    depth: depth + 1,
  })
  const name = JSON.stringify(navigation)
  const link = JSON.stringify(`${navigation}@odata.nextLink`)
  const pageSize = nested ? (preferences.maxPageSize ?? MAX_PAGE_SIZE) : MAX_PAGE_SIZE
  const columns = { table, columns: order.map(({ column }) => column), countOfRecords: pageSize }
  const query = linkQuery(expand.text)
  const next = (row: StoredRow, token: string): string => {
    const url = `${context.root}${parent.entitySetName}(${row[parent.primaryKey]})/${navigation}`
    const parts = token === '' ? query : [...query, `$skiptoken=${token}`]
    return `,${link}:${JSON.stringify(parts.length === 0 ? url : `${url}?${parts.join('&')}`)}`
  }
  return (row) => {
    const all = relation?.rows(row) ?? []
    const wanted = [...(filter ? all.filter(filter) : all)].sort(inOrder(order, table)).slice(0, top)
    const page = wanted.slice(0, pageSize)
    const text = `${name}:[${page.map(write).join(',')}]`
    // A list's collections always have a link in flat queries, complete as they are; in nested ones where more follow.
    if (!nested) return single ? text : text + next(row, '')
    const [first] = page
    const last = page.at(-1)
    if (!first || !last || page.length === wanted.length) return text
    return text + next(row, printToken({ first, last, page: 1 }, columns))
  }
}

/** The options of an expand as options of a URL. */
function linkQuery(text: string): readonly string[] {
  return splitTop(text, ';').map((option) =>
    encodeURI(option).replace(/[&#+]/g, (character) => encodeURIComponent(character)),
  )
}

/** Children in the rows of a list show the lookup they hang on, though it was not selected. */
function withForeignKey(
  { relationships: [relationship], projection, table }: Expand,
  { store }: ApiContext,
): Projection {
  if (!relationship || !('referencingColumn' in relationship)) return projection
  const column = store.schema.column(table.logicalName, relationship.referencingColumn)
  if (!column || projection.columns.includes(column)) return projection
  const key = projection.columns.filter(({ logicalName }) => logicalName === table.primaryKey)
  const others = projection.columns.filter(({ logicalName }) => logicalName !== table.primaryKey)
  const keySelected = projection.selected?.includes(table.primaryKey) ?? false
  return {
    ...projection,
    columns: keySelected ? [...projection.columns, column] : [...others, column, ...key],
  }
}
