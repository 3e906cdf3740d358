import { printFilter, printOrder } from '../odata/print-filter.ts'
import { prefer, printQuery } from '../odata/query.ts'
import type { RemoteScan } from '../plan/plan.ts'
import { pageSizeOf, type Reading, type RequestAndColumns } from './request-shape.ts'
import { scanColumns, wanted } from './scan-columns.ts'

/** A scan as an OData query. */
export function odataRequest(scan: RemoteScan, read: Reading): RequestAndColumns {
  const columns = scanColumns(wanted(scan, read.annotations), { scan: scan.id })
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
