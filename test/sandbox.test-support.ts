import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import type { Io } from '../src/cli/io.ts'
import { runCommandLine } from '../src/cli/program.ts'
import { APPS } from '../src/sandbox/index.ts'

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
}

export async function run(
  args: readonly string[],
  { folder, stdin = '', env = {} }: RunOptions,
): Promise<Ran> {
  const printed = { stdout: '', stderr: '' }
  const sink = (name: 'stdout' | 'stderr') =>
    new Writable({
      write: (chunk, _encoding, done) => {
        printed[name] += String(chunk)
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
    signal: new AbortController().signal,
  }
  const exitCode = await runCommandLine(args, io)
  return { exitCode, ...printed }
}

export function freshFolder(): string {
  return mkdtempSync(join(tmpdir(), 'd365-test-'))
}

/** Client id and secret of one of the sandbox's applications. */
export function appCredentials(name: string): string {
  const app = APPS.find((one) => one.name === name)
  return `ClientID=${app?.clientId};ClientSecret={${app?.secrets[0]?.value}}`
}
