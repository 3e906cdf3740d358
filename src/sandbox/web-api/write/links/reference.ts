/** Rows named by a URL inside a body: `/accounts(…)`, `accounts(number='A')`, a whole URL, or `$1` of a change set. */
import type { TableDefinition } from '../../../schema.ts'
import type { StoredRow } from '../../../store/store.ts'
import type { ApiContext } from '../../operation.ts'
import { parseResource, requireRow } from '../../query/index.ts'
import { payloadError, unknownContentId } from '../write-errors.ts'

export interface Reference {
  readonly table: TableDefinition
  readonly row: StoredRow
}

/** Throws 404 where the row is missing, 400 where the text is no reference. */
export function resolveReference(text: string, context: ApiContext): Reference {
  const url = text.startsWith('$') ? contentUrl(text, context) : text
  const resource = parseResource(relativePath(url), '', context)
  if (resource.kind !== 'row') throw payloadError(`The URI '${text}' does not name a row.`)
  return { table: resource.table, row: requireRow(resource.table, resource.key, context) }
}

/** Below the service root: `accounts(…)` of any way to write a URL. */
export function relativePath(url: string): string {
  return url
    .trim()
    .replace(/^(?:https?:\/\/[^/]+)?\/api\/data\/v\d\.\d\//i, '')
    .replace(/^\//, '')
}

function contentUrl(reference: string, { contentIds }: ApiContext): string {
  const url = contentIds?.get(reference)
  if (url === undefined) throw unknownContentId(reference)
  return url
}
