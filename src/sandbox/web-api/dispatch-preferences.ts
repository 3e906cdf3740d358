/** `Preference-Applied`: which wishes of `Prefer` an answer honoured. */
import type { ApiRequest, ApiResponse } from './operation.ts'

/** Undefined where nothing applied. */
export function appliedPreferences(
  { method, headers, path, query }: ApiRequest,
  response: ApiResponse,
): string | undefined {
  const prefer = headers.get('prefer')
  if (prefer === null || response.status >= 300 || response.body === undefined || path === '$batch')
    return undefined
  const reading = method === 'GET'
  const applied = [
    reading && !SIZED_OTHERWISE.test(query) ? /odata\.maxpagesize\s*=\s*\d+/i.exec(prefer)?.[0] : undefined,
    reading ? /odata\.track-changes/i.exec(prefer)?.[0] : undefined,
    reading ? undefined : /return=representation/i.exec(prefer)?.[0],
    annotations(prefer),
  ].filter((preference) => preference !== undefined)
  return applied.length > 0 ? applied.join(', ') : undefined
}

/** A number of rows in the query, or a view: documented answers to these do not list the page size. */
const SIZED_OTHERWISE = /(?:^|&)(?:(?:\$|%24)top|fetchXml|savedQuery|userQuery)=/i

/** In quotes, whether or not the request had them. */
function annotations(prefer: string): string | undefined {
  const wanted = /odata\.include-annotations\s*=\s*(?:"([^"]*)"|([^\s,;]+))/i.exec(prefer)
  return wanted ? `odata.include-annotations="${wanted[1] ?? wanted[2]}"` : undefined
}
