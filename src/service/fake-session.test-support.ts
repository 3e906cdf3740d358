import { dataverse } from '../capabilities/dataverse.ts'
import type { Session, SessionRequest, SessionResponse } from './session.ts'

export const ROOT = 'https://contoso.crm.dynamics.com/api/data/v9.2/'

export interface FakeSession {
  readonly session: Session
  /** In the order they were asked. */
  readonly requests: SessionRequest[]
}

export type Answer = (request: SessionRequest, number: number) => unknown | Promise<unknown>

/** A session without a network: `answer` gives a text, bytes or an object for JSON; number 0 is the first request. */
export function fakeSession(answer: Answer): FakeSession {
  const requests: SessionRequest[] = []
  const session: Session = {
    capabilities: dataverse,
    root: ROOT,
    headers: {},
    limits: () => ({
      remainingRequests: undefined,
      remainingExecutionMs: undefined,
      recommendedParallelism: undefined,
    }),
    close: async () => {},
    request: async (request): Promise<SessionResponse> => {
      requests.push(request)
      const body = await answer(request, requests.length - 1)
      if (body instanceof Uint8Array) return { status: 200, headers: {}, body }
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      return { status: 200, headers: {}, body: new TextEncoder().encode(text) }
    },
  }
  return { session, requests }
}

/** Paths of requests as people read them. */
export function paths(requests: readonly SessionRequest[]): string[] {
  return requests.map(({ path }) => decodeURIComponent(path.replace(ROOT, '')))
}
