import { useSyncExternalStore } from 'react'

/** Where the person is: the part of the address after `#`, e.g. `#/explore/account?view=columns`. */
export interface Route {
  /** Name of the page: `explore`. */
  readonly page: string
  /** What follows it: `['account']`. */
  readonly rest: readonly string[]
  readonly query: URLSearchParams
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash)
  return readRoute(hash)
}

export function readRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?')
  const [page = '', ...rest] = path.split('/').map(decodeURIComponent)
  return { page, rest, query: new URLSearchParams(query) }
}

/** The address of a page, for links. */
export function linkTo(
  page: string,
  rest: readonly string[] = [],
  query: Readonly<Record<string, string>> = {},
) {
  const search = new URLSearchParams(query).toString()
  return `#/${[page, ...rest].map(encodeURIComponent).join('/')}${search === '' ? '' : `?${search}`}`
}

export function goTo(...address: Parameters<typeof linkTo>): void {
  window.location.hash = linkTo(...address)
}

function subscribe(changed: () => void): () => void {
  window.addEventListener('hashchange', changed)
  return () => window.removeEventListener('hashchange', changed)
}
