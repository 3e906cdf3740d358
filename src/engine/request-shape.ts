import type { Column } from '../catalog/table.ts'
import type { FetchPagesRequest, RowPagesRequest } from '../service/row-pages.ts'
import type { Session } from '../service/session.ts'
import type { ScanColumns } from './scan-columns.ts'

/** What a scan asks of the service, without the signal. */
export type RemoteRequest =
  | ({ readonly language: 'odata' } & Omit<RowPagesRequest, 'signal'>)
  | ({
      readonly language: 'fetchxml'
      /** First request, relative to the service root. */
      readonly path: string
    } & Omit<FetchPagesRequest, 'signal'>)

export interface RequestAndColumns {
  readonly columns: ScanColumns
  readonly request: RemoteRequest
}

export type Reading = Session['capabilities']['read']

/** Very wide rows time out on full pages. */
export function pageSizeOf(columns: readonly Column[], { maxPageSize, pageSizeByColumns }: Reading): number {
  const widest = pageSizeByColumns.find(({ moreThanColumns }) => columns.length > moreThanColumns)
  return widest?.pageSize ?? maxPageSize
}
