import { D365Error } from '../core/errors.ts'
import { type HttpResponse, NetworkCause } from '../core/http.ts'

/**
 * An answer that looks like success and is not the service's: a redirect, or a page of a proxy or sign-in portal.
 * Taken at its word it would turn a write that never happened into an accepted row.
 */
export function refuseForeignAnswer(
  { status, headers }: HttpResponse,
  { what, host }: { readonly what: string; readonly host: string },
): void {
  const problem = redirect(status, headers.location) ?? webPage(headers['content-type'] ?? '')
  if (problem === undefined) return
  throw new D365Error('RESPONSE_INVALID', `${host} answered ${status} to ${what}: ${problem}.`, {
    hint: 'This is not the service. Check the Service URL, and whether a proxy or sign-in portal stands between.',
    cause: new NetworkCause(problem, { sent: true, permanent: true }),
  })
}

function redirect(status: number, location: string | undefined): string | undefined {
  // 304 is an answer to a conditional read.
  if (status < 300 || status === 304) return undefined
  const place = location !== undefined && URL.canParse(location) ? new URL(location).host : 'elsewhere'
  return `a redirect to ${place}, which is not followed`
}

/** The service answers JSON, text, XML or bytes, never a page. */
function webPage(contentType: string): string | undefined {
  return /^\s*text\/html/i.test(contentType) ? 'an HTML page' : undefined
}
