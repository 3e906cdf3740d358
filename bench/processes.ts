import { execFile, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** Servers and samples of the benchmarks, each in a process of its own. */
export interface Sample {
  readonly ms: number
  readonly rssMb: number
  readonly cpuMs: number
  readonly rows: number
  readonly employees: number
}

const run = promisify(execFile)
const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))

export async function sample(script: string, ...args: readonly string[]): Promise<Sample> {
  const { stdout } = await run(process.execPath, [here(script), ...args])
  return JSON.parse(stdout)
}

export interface StartedServer {
  /** The first line it printed. */
  readonly said: string
  stop(): void
}

/** A server that prints a line when it serves. */
export async function serve(
  script: string,
  args: readonly (string | number)[],
  options: { readonly heapMb?: number } = {},
): Promise<StartedServer> {
  const heap = options.heapMb === undefined ? [] : [`--max-old-space-size=${options.heapMb}`]
  const child = spawn(process.execPath, [...heap, here(script), ...args.map(String)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const said = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', (text: Buffer) => resolve(text.toString().trim()))
    child.once('exit', () => reject(new Error(`${script} ended before it served`)))
  })
  return { said, stop: () => void child.kill('SIGKILL') }
}

/** The pages of `page-server.ts`. */
export async function servePages({
  latencyMs = 0,
  pages,
  annotated = false,
}: {
  readonly latencyMs?: number
  readonly pages: number
  readonly annotated?: boolean
}): Promise<StartedServer & { readonly origin: string }> {
  const server = await serve('./page-server.js', [latencyMs, pages, annotated ? 'annotated' : 'plain'])
  return { ...server, origin: `http://127.0.0.1:${server.said}` }
}

export function median(list: readonly Sample[]): Sample {
  const [middle] = [...list].sort((a, b) => a.ms - b.ms).slice(Math.floor(list.length / 2))
  if (!middle) throw new Error('no sample')
  return middle
}

export interface Goal {
  readonly what: string
  readonly value: number
  readonly limit: number
}

/** A table of goals, and whether all are met. */
export function goalLines(goals: readonly Goal[]): {
  readonly lines: readonly string[]
  readonly met: boolean
} {
  const lines = ['', '| goal | measured | limit | |', '|---|---:|---:|---|']
  for (const { what, value, limit } of goals)
    lines.push(`| ${what} | ${shown(value)} | ${limit} | ${value <= limit ? 'met' : 'MISSED'} |`)
  return { lines, met: goals.every(({ value, limit }) => value <= limit) }
}

function shown(value: number): string {
  return value >= 10 ? value.toFixed(0) : value.toFixed(2)
}
