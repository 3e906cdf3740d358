import type { Session } from './session.ts'

/** The same session with further headers on every request, and on every part of a batch. */
export function withHeaders(session: Session, headers: Readonly<Record<string, string>>): Session {
  if (Object.keys(headers).length === 0) return session
  return {
    ...session,
    headers: { ...session.headers, ...headers },
    request: (request) => session.request({ ...request, headers: { ...headers, ...request.headers } }),
  }
}
