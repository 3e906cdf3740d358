import { NO_STORE } from './answers.ts'
import { hidden, page } from './pages.ts'

/** The three ways of an authorization response. */
export type ResponseMode = 'query' | 'fragment' | 'form_post'

export interface AuthorizationResponse {
  readonly redirectUri: string
  readonly mode: ResponseMode
  readonly parameters: Readonly<Record<string, string>>
  readonly cookie: string | undefined
}

export function respond({ redirectUri, mode, parameters, cookie }: AuthorizationResponse): Response {
  const headers = { ...(cookie === undefined ? {} : { 'Set-Cookie': cookie }) }
  if (mode === 'form_post')
    return page({
      title: 'Working…',
      body: `<form method="post" action="${redirectUri.replace(/["&<>]/g, (character) => `&#${character.charCodeAt(0)};`)}">\n${hidden(parameters)}\n<noscript><button>Continue</button></noscript>\n</form>`,
      headers,
      selfPosting: true,
    })
  // A URI without a path comes back with a slash.
  const url = new URL(redirectUri)
  const text = new URLSearchParams(parameters).toString()
  const separator = mode === 'fragment' ? '#' : url.search === '' ? '?' : '&'
  return new Response(null, {
    status: 302,
    headers: { Location: `${url.href}${separator}${text}`, ...NO_STORE, ...headers },
  })
}
