import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import type { Io } from '../src/cli/io.ts'
import { runCommandLine } from '../src/cli/program.ts'
import { APPS, type DirectoryApp } from '../src/sandbox/index.ts'

/** A command line without a terminal: what it printed, and how it ended. */
export interface Ran {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly folder: string
  readonly stdin?: string
  readonly env?: Readonly<Record<string, string>>
  /** Ctrl-C. */
  readonly signal?: AbortSignal
  /** Told what is printed on stderr, while it is. */
  readonly onStderr?: (text: string) => void
}

export async function run(
  args: readonly string[],
  { folder, stdin = '', env = {}, signal, onStderr }: RunOptions,
): Promise<Ran> {
  const printed = { stdout: '', stderr: '' }
  const sink = (name: 'stdout' | 'stderr') =>
    new Writable({
      write: (chunk, _encoding, done) => {
        printed[name] += String(chunk)
        if (name === 'stderr') onStderr?.(String(chunk))
        done()
      },
    })
  const input = new PassThrough()
  input.end(stdin)
  const io: Io = {
    stdin: input,
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    env: { D365_CONFIG_DIR: folder, D365_SECRET_STORE: 'file', ...env },
    interactive: false,
    columns: Number.POSITIVE_INFINITY,
    signal: signal ?? new AbortController().signal,
  }
  const exitCode = await runCommandLine(args, io)
  return { exitCode, ...printed }
}

export function freshFolder(): string {
  return mkdtempSync(join(tmpdir(), 'd365-test-'))
}

export function appNamed(name: string): DirectoryApp {
  const app = APPS.find((one) => one.name === name)
  if (!app) throw new Error(`The sandbox has no application ${name}.`)
  return app
}

/** Client id and secret of one of the sandbox's applications. */
export function appCredentials(name: string): string {
  const { clientId, secrets } = appNamed(name)
  return `ClientID=${clientId};ClientSecret={${secrets[0]?.value}}`
}

/** A browser nobody sits at: the sandbox signs `upn` in at once and sends the answer to the listener. */
export async function signInWithout(url: string, upn: string): Promise<void> {
  const address = new URL(url)
  for (const [name, value] of Object.entries({ sandbox_sign_in: '1', login_hint: upn, prompt: '' }))
    address.searchParams.set(name, value)
  await fetch(address)
}
