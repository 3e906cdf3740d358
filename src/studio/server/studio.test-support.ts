import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStudio, type StartSandbox, type Studio } from './studio.ts'

/** The studio without a port or pages, and a browser that is signed in to it. */
export interface TestStudio extends Studio {
  readonly origin: string
  readonly env: Readonly<Record<string, string>>
  /** Asks as the studio's own page does; the answer's status and content. */
  ask(name: string, input?: unknown): Promise<{ readonly status: number; readonly content: unknown }>
  /** The events of a stream, each with its name. */
  listen(name: string, input: unknown): Promise<readonly (readonly [string, unknown])[]>
  /** Headers of a request of its own page. */
  readonly headers: Readonly<Record<string, string>>
}

export interface TestStudioOptions {
  /** Folder of its settings. Default: a new one. */
  readonly folder?: string
  readonly password?: string
  readonly startSandbox?: StartSandbox
}

export async function openTestStudio({ folder, ...options }: TestStudioOptions = {}): Promise<TestStudio> {
  const origin = 'http://127.0.0.1:8366'
  const settings = folder ?? mkdtempSync(join(tmpdir(), 'd365-test-'))
  const env = { D365_CONFIG_DIR: settings, D365_SECRET_STORE: 'file' }
  const studio = createStudio({
    ...options,
    env,
    origins: () => [origin, 'http://localhost:8366'],
    assets: () => new Response('<!doctype html>'),
  })
  const key = new URL(studio.address({ once: true })).hash.replace(/^.*key=/, '')
  const plain = { 'content-type': 'application/json', origin, host: '127.0.0.1:8366' }
  const entered = await studio.fetch(
    new Request(`${origin}/api/enter`, { method: 'POST', headers: plain, body: JSON.stringify({ key }) }),
  )
  const cookie = (entered.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  const headers = { ...plain, cookie }
  const send = (name: string, input: unknown) =>
    studio.fetch(
      new Request(`${origin}/api/${name}`, { method: 'POST', headers, body: JSON.stringify(input) }),
    )
  return {
    ...studio,
    origin,
    env,
    headers,
    ask: async (name, input = {}) => {
      const response = await send(name, input)
      return { status: response.status, content: await response.json() }
    },
    listen: async (name, input) => {
      const text = await (await send(name, input)).text()
      return [...text.matchAll(/^event: (\w+)\ndata: (.*)$/gm)].map(
        ([, event = '', content = '']) => [event, JSON.parse(content)] as const,
      )
    },
  }
}
