/**
 * Which addresses a script of another origin may ask: those a single-page application needs, as at Microsoft.
 * The sign-in page and the machine endpoints are not among them.
 */
const READABLE =
  /^\/[^/]+\/(?:oauth2\/(?:v2\.0\/)?token|(?:v2\.0\/)?\.well-known\/openid-configuration|discovery\/(?:(?:v2\.0\/)?keys|instance))\/?$/i

/** The answer, opened to the page that asks; a preflight is answered here. */
export async function openToPages(
  request: Request,
  answer: (request: Request) => Promise<Response>,
): Promise<Response> {
  const { pathname } = new URL(request.url)
  if (!request.headers.has('origin') || !READABLE.test(pathname)) return answer(request)
  if (request.method === 'OPTIONS') return preflight(request, /\/token\/?$/i.test(pathname) ? 'POST' : 'GET')
  const response = await answer(request)
  response.headers.set('Access-Control-Allow-Origin', '*')
  response.headers.set('Access-Control-Expose-Headers', 'x-ms-request-id')
  return response
}

function preflight({ headers }: Request, method: 'GET' | 'POST'): Response {
  const asked = headers.get('access-control-request-headers')
  return new Response(null, {
    status: 200,
    headers: {
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Methods': `${method}, OPTIONS`,
      ...(asked === null ? {} : { 'Access-Control-Allow-Headers': asked }),
      'Access-Control-Max-Age': '86400',
    },
  })
}
