/** `Preference-Applied`: which wishes of `Prefer` an answer honoured. */
import type { ApiRequest, ApiResponse } from './operation.ts'

/** Undefined where nothing applied. */
export function appliedPreferences(
  { method, headers, path }: ApiRequest,
  response: ApiResponse,
): string | undefined {
  const prefer = headers.get('prefer')
  if (prefer === null || response.status >= 300 || response.body === undefined || path === '$batch')
    return undefined
  const reading = method === 'GET'
  const applied = [
    reading ? /odata\.maxpagesize\s*=\s*\d+/i.exec(prefer)?.[0] : undefined,
    reading ? /odata\.track-changes/i.exec(prefer)?.[0] : undefined,
    reading ? undefined : /return=representation/i.exec(prefer)?.[0],
    /odata\.include-annotations\s*=\s*("[^"]*"|[^\s,;]+)/i.exec(prefer)?.[0],
  ].filter((preference) => preference !== undefined)
  return applied.length > 0 ? applied.join(', ') : undefined
}
