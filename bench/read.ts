import { loadavg } from 'node:os'
import { type Goal, goalLines, median, type Sample, sample, servePages } from './processes.ts'
import { ROWS_PER_PAGE } from './rows.ts'

/**
 * `npm run bench:read`: how fast rows come out, as ratios to floors measured in the same run.
 * Samples are processes of their own, interleaved, the order reversed each round; medians of ROUNDS.
 */

const ROUNDS = 5
const PAGES = 20
const LONG_PAGES = 200
const LATENCY_MS = 50

/** Medians by mode. Every sample must have read the same rows. */
async function measure(
  modes: readonly string[],
  { origin }: { readonly origin: string },
  pages: number,
): Promise<Map<string, Sample>> {
  const samples = new Map(modes.map((mode): [string, Sample[]] => [mode, []]))
  for (let round = 0; round < ROUNDS; round++)
    for (const mode of round % 2 === 0 ? modes : [...modes].reverse())
      samples.get(mode)?.push(await sample('./reader.js', mode, origin))
  const all = [...samples].flatMap(([mode, list]) => (mode === 'drain' ? [] : list))
  for (const { rows, employees } of all)
    if (rows !== pages * ROWS_PER_PAGE || employees !== all[0]?.employees)
      throw new Error(`a reader got ${rows} rows, checksum ${employees}`)
  return new Map([...samples].map(([mode, list]) => [mode, median(list)]))
}

const lines: string[] = []
const goals: Goal[] = []

function report(title: string, results: Map<string, Sample>): void {
  lines.push('', title, '', '| reader | ms | CPU ms | peak MB |', '|---|---:|---:|---:|')
  for (const [mode, { ms, cpuMs, rssMb }] of results)
    lines.push(`| ${mode} | ${ms.toFixed(0)} | ${cpuMs.toFixed(0)} | ${rssMb.toFixed(0)} |`)
}

const msOf = (results: Map<string, Sample>, mode: string): number => results.get(mode)?.ms ?? Number.NaN

const near = await servePages({ pages: PAGES })
const plain = await measure(['floor', 'fetch+json', 'dynamics-web-api', 'd365'], near, PAGES)
near.stop()
report(`${PAGES * ROWS_PER_PAGE} rows, no latency`, plain)
for (const [mode, limit] of [
  ['floor', 1.1],
  ['fetch+json', 0.6],
  ['dynamics-web-api', 0.4],
] as const)
  goals.push({ what: `d365 / ${mode}`, value: msOf(plain, 'd365') / msOf(plain, mode), limit })

const far = await servePages({ latencyMs: LATENCY_MS, pages: PAGES })
const delayed = await measure(['drain', 'd365'], far, PAGES)
far.stop()
report(`${PAGES * ROWS_PER_PAGE} rows, ${LATENCY_MS} ms latency, one reader`, delayed)
goals.push({
  what: `d365 / serial drain at ${LATENCY_MS} ms`,
  value: msOf(delayed, 'd365') / msOf(delayed, 'drain'),
  limit: 1.3,
})

const long = await servePages({ pages: LONG_PAGES })
const million = await sample('./reader.js', 'd365', long.origin)
long.stop()
if (million.rows !== LONG_PAGES * ROWS_PER_PAGE) throw new Error(`${million.rows} rows of a million`)
report('1000000 rows', new Map([['d365', million]]))
goals.push({
  what: 'peak memory, 1,000,000 rows / 100,000 rows',
  value: million.rssMb / (plain.get('d365')?.rssMb ?? Number.NaN),
  limit: 1.2,
})

const { lines: goalTable, met } = goalLines(goals)
process.stdout.write(
  `Node ${process.version}, medians of ${ROUNDS}, load before ${loadavg()[0]?.toFixed(1)}\n${[...lines, ...goalTable].join('\n')}\n`,
)
process.exitCode = met ? 0 : 1
