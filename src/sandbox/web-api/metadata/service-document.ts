/** The service document: every entity set, in the order of their names. */
import type { Schema } from '../../store/store.ts'
import type { ApiResponse } from '../operation.ts'
import { DEFINITION_SETS } from './definitions.ts'

export function serviceDocument(schema: Schema, root: string): ApiResponse {
  const names = [...schema.tables.map(({ entitySetName }) => entitySetName), ...DEFINITION_SETS].sort()
  return {
    status: 200,
    body: JSON.stringify({
      '@odata.context': `${root}$metadata`,
      value: names.map((name) => ({ name, kind: 'EntitySet', url: name })),
    }),
  }
}
