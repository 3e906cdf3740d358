import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createSandbox, type ListeningSandbox } from '../src/sandbox/index.ts'

/** `kill -9` in the middle of `d365 write`, and the same command again: nothing is lost and nothing doubled. */

const root = fileURLToPath(new URL('..', import.meta.url))
const program = join(root, 'node_modules/.cache/d365-kill/dist/cli/main.js')
const ROWS = 240

let server: ListeningSandbox
let folder: string

beforeAll(async () => {
  execFileSync(
    process.execPath,
    [
      'node_modules/typescript/bin/tsc',
      '-p',
      'tsconfig.build.json',
      '--outDir',
      'node_modules/.cache/d365-kill/dist',
      '--declaration',
      'false',
      '--sourceMap',
      'false',
    ],
    { cwd: root },
  )
  copyFileSync(join(root, 'package.json'), join(root, 'node_modules/.cache/d365-kill/package.json'))
  server = await createSandbox().listen({ port: 0 })
}, 60_000)

afterAll(() => server.close())

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [program, ...args, '--connection', server.connectionString, '--json'], {
    env: { ...process.env, D365_CONFIG_DIR: folder, D365_SECRET_STORE: 'file' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

function finished(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  let output = ''
  child.stdout?.on('data', (text) => (output += text))
  child.stderr?.on('data', (text) => (output += text))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })))
}

function written(prefix: string): string[] {
  return server.sandbox.store
    .table('contact')
    .rowsByKey()
    .flatMap(({ lastname }) =>
      typeof lastname === 'string' && lastname.startsWith(prefix) ? [lastname] : [],
    )
}

const ROWS_PER_MESSAGE = 10
const MESSAGES = ROWS / ROWS_PER_MESSAGE
const KILLS = process.env.D365_LONG ? Array.from({ length: MESSAGES }, (_, at) => at + 1) : [11, MESSAGES]

/** Commits the so-manyth message and holds its answer back, so that the run cannot end before the axe falls. */
function holdAnswer(message: number): { readonly isHeld: () => boolean } {
  const id = server.sandbox.faults.add({
    path: '*Multiple',
    nth: [message],
    fault: { kind: 'latency', ms: 20_000 },
  })
  return {
    isHeld: () => server.sandbox.faults.rules().some((one) => one.id === id && one.struck > 0),
  }
}

describe.each(['insert', 'upsert'] as const)('%s', (mode) => {
  test.each(KILLS)(
    'killed while the answer to message %i is on its way, run again: every row once',
    async (message) => {
      folder = mkdtempSync(join(tmpdir(), 'd365-kill-'))
      const prefix = `Kill ${mode} ${message} `
      const file = join(folder, 'rows.csv')
      const line = (number: number) => `${prefix}${number},kill-${mode}-${message}-${number}@example.com`
      writeFileSync(
        file,
        `lastname,emailaddress1\n${Array.from({ length: ROWS }, (_, number) => line(number)).join('\n')}\n`,
      )
      const key = mode === 'upsert' ? ['--key', 'emailaddress1'] : []
      const args = [
        'write',
        'contact',
        '--mode',
        mode,
        '--from',
        file,
        ...key,
        '--batch-size',
        String(ROWS_PER_MESSAGE),
        '--parallel',
        '2',
      ]

      const hold = holdAnswer(message)
      const first = start(args)
      const ended = finished(first)
      await vi.waitFor(() => expect(hold.isHeld()).toBe(true), { interval: 1, timeout: 20_000 })
      first.kill('SIGKILL')
      expect(await ended).toMatchObject({ code: null })
      server.sandbox.faults.clear()

      const second = await finished(start(args))
      expect(second).toMatchObject({ code: 0 })
      expect(JSON.parse(second.output)).toMatchObject({ read: ROWS, rejected: 0, inDoubt: 0, notSent: 0 })
      const all = written(prefix)
      expect([all.length, new Set(all).size]).toEqual([ROWS, ROWS])
      rmSync(folder, { recursive: true, force: true })
    },
    40_000,
  )
})
