import type { TableDefinition } from '../../schema.ts'
import type { StoredRow } from '../../store/store.ts'
import type { ApiContext, ApiRequest } from '../operation.ts'
import { perTable } from './per-table.ts'

/** What every step of a write needs to know. */
export interface Writing extends ApiContext {
  /** `MSCRM.SuppressDuplicateDetection: false`; the service suppresses by default. */
  readonly detectDuplicates: boolean
}

export function writingOf({ headers }: ApiRequest, context: ApiContext): Writing {
  const suppress = headers.get('mscrm.suppressduplicatedetection')
  return { ...context, detectDuplicates: suppress?.trim().toLowerCase() === 'false' }
}

/** Primary key of a stored row. */
export function idOf({ primaryKey }: TableDefinition, row: StoredRow): string {
  return String(row[primaryKey])
}

/** `W/"12345"` */
export function etagOf({ versionnumber }: StoredRow): string {
  return `W/"${versionnumber ?? 0}"`
}

/** Absolute URL of a row by its primary key. */
export function entityUrl({ entitySetName }: TableDefinition, id: string, { root }: ApiContext): string {
  return `${root}${entitySetName}(${id})`
}

export function has(table: TableDefinition, name: string): boolean {
  return columnNames(table).has(name)
}

const columnNames = perTable(({ columns }) => new Set(columns.map(({ logicalName }) => logicalName)))

/** Now as cells hold moments: UTC, whole seconds. */
export function momentNow({ now }: ApiContext): string {
  return `${new Date(now).toISOString().slice(0, 19)}Z`
}
