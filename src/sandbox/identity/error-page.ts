import { correlationOf, errorBody } from './answers.ts'
import { EntraError } from './errors.ts'
import { escapeHtml, page } from './pages.ts'
import type { IdentityState } from './state.ts'

/** Runs a step of a sign-in; what Entra says no to and cannot send to the application becomes a page. */
export async function pageOnError(
  request: Request,
  state: IdentityState,
  step: (request: Request, state: IdentityState) => Response | Promise<Response>,
): Promise<Response> {
  try {
    return await step(request, state)
  } catch (error) {
    if (error instanceof EntraError) return errorPage(error, request, state)
    throw error
  }
}

function errorPage(error: EntraError, request: Request, state: IdentityState): Response {
  const { trace_id, correlation_id, timestamp } = errorBody(error, {
    now: state.clock.now(),
    correlationId: correlationOf(request),
  })
  return page({
    title: 'Sign in',
    status: error.facts.status === 302 ? 400 : error.facts.status,
    body: `<p>Sorry, but we’re having trouble signing you in.</p>
<p class="error">AADSTS${error.code}: ${escapeHtml(error.message)}</p>
<pre>Request Id: ${trace_id}
Correlation Id: ${escapeHtml(correlation_id)}
Timestamp: ${timestamp}</pre>`,
  })
}
