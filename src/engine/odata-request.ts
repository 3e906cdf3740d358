import { printFilter, printOrder } from '../odata/print-filter.ts'
import { prefer, printQuery } from '../odata/query.ts'
import type { RemoteScan, ScanAggregate } from '../plan/plan.ts'
import { pageSizeOf, type Reading, type RequestAndColumns } from './request-shape.ts'
import { joinColumns, resultColumns, type ScanColumns, scanColumns, wanted } from './scan-columns.ts'

/** A scan as an OData query. */
export function odataRequest(scan: RemoteScan, read: Reading): RequestAndColumns {
  const columns = scanColumns(wanted(scan, read.annotations), { scan: scan.id })
  if (scan.aggregate) return groupRequest(scan, scan.aggregate, columns)
  const pageSize = Math.min(pageSizeOf(columns.columns, read), scan.top ?? Number.POSITIVE_INFINITY)
  return {
    columns,
    request: {
      language: 'odata',
      path: printQuery(scan.table.entitySet, {
        select: columns.columns.map(({ property }) => property),
        filter: printFilter(scan.filter),
        orderby: printOrder(scan.order),
      }),
      headers: { Prefer: prefer({ pageSize, annotations: columns.annotations }) },
      numbers: { exact: columns.exact },
      mostPages: Math.ceil((scan.top ?? Number.POSITIVE_INFINITY) / pageSize),
    },
  }
}

/** `$apply`, which takes no projection and no page size of its own. */
function groupRequest(
  scan: RemoteScan,
  { groups, results }: ScanAggregate,
  columns: ScanColumns,
): RequestAndColumns {
  const computed = resultColumns(results, { scan: scan.id })
  const property = (name: string): string =>
    scan.table.columns.find((column) => column.name === name)?.property ?? name
  const methods = results.map(({ name, method, column }) =>
    column === undefined ? `$count as ${name}` : `${column.property} with ${method} as ${name}`,
  )
  const aggregate = methods.length === 0 ? '' : `aggregate(${methods.join(',')})`
  const groupBy = `groupby((${groups.map(property).join(',')})${aggregate === '' ? '' : `,${aggregate}`})`
  const filter = scan.filter.length === 0 ? '' : `filter(${printFilter(scan.filter)})/`
  return {
    columns: joinColumns([columns, computed]),
    request: {
      language: 'odata',
      path: printQuery(scan.table.entitySet, {
        apply: `${filter}${groups.length === 0 ? aggregate : groupBy}`,
      }),
      headers: {},
      numbers: { exact: [...columns.exact, ...computed.exact] },
      mostPages: Number.POSITIVE_INFINITY,
    },
  }
}
