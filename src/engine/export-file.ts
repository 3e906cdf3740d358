import { join } from 'node:path'
import { textPrinter, uniqueNames } from '../output/row-text.ts'
import { copyWholeFile, writeWholeFile } from '../output/whole-file.ts'
import type { CopyTarget } from '../plan/copy-statement.ts'
import type { QueryPlan } from '../plan/plan.ts'
import { type Answer, type AnswerOptions, openAnswer } from './answer.ts'
import { identifier, literal, openDuck } from './duck.ts'
import { type QueryCost, type ResultRows, startQuery } from './run-query.ts'
import type { ScanReport } from './stage.ts'

/** Runs a plan into a file, which appears whole or not at all. */
export function exportFile(
  plan: QueryPlan,
  { file, format }: CopyTarget,
  options: AnswerOptions,
): Promise<QueryCost> {
  return format === 'parquet'
    ? exportParquet(plan, file, options)
    : exportText(plan, { file, format }, options)
}

async function exportText(
  plan: QueryPlan,
  { file, format }: { readonly file: string; readonly format: Exclude<CopyTarget['format'], 'parquet'> },
  options: AnswerOptions,
): Promise<QueryCost> {
  const running = await startQuery(plan, options)
  try {
    const names = uniqueNames(running.columns.map(({ name }) => name))
    const printer = textPrinter(
      format,
      running.columns.map(({ type }, at) => ({
        name: names[at] ?? '',
        exactNumber: type.startsWith('DECIMAL'),
      })),
    )
    const named = (rows: ResultRows) =>
      rows.map((row) => Object.fromEntries(names.map((name, at) => [name, row[at]])))
    await writeWholeFile(file, async (append) => {
      await append(printer.start())
      for await (const rows of running.batches) await append(printer.rows(named(rows)))
      await append(printer.end())
    })
    return running.cost()
  } finally {
    await running.close()
  }
}

async function exportParquet(plan: QueryPlan, file: string, options: AnswerOptions): Promise<QueryCost> {
  const answer = await openAnswer(plan, options)
  try {
    const { scans, files, rows, ms } = await writeParts(answer, options.signal)
    const started = performance.now()
    await oneFile(files, (whole) => copyWholeFile(whole, file), options.signal)
    return { scans, finished: { rows, ms: Math.round(ms + performance.now() - started) } }
  } finally {
    await answer.close()
  }
}

interface Parts {
  readonly scans: readonly ScanReport[]
  readonly files: readonly string[]
  readonly rows: number
  readonly ms: number
}

/** A file for each part of the answer, so that none of it has to stay in memory. */
async function writeParts({ local, parts }: Answer, signal: AbortSignal | undefined): Promise<Parts> {
  const files: string[] = []
  let rows = 0
  let ms = 0
  for (;;) {
    const part = await parts.next()
    if (part.done) return { scans: part.value, files, rows, ms }
    const started = performance.now()
    const names = uniqueNames((await local.columns(part.value)).map(({ name }) => name)).map(identifier)
    const file = join(local.folder, `part-${files.length}.parquet`)
    rows += await local.make(
      `copy (select * from (\n${part.value}\n) as answer(${names.join(', ')})) to ${literal(file)} (format parquet, compression zstd)`,
      signal,
    )
    files.push(file)
    ms += performance.now() - started
  }
}

/**
 * The parts as one file. Rows of an answer in parts have no order, and an engine that keeps none holds a few row groups
 * where another holds most of the answer.
 */
async function oneFile(
  files: readonly string[],
  take: (file: string) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const [first = '', ...more] = files
  if (more.length === 0) return take(first)
  const duck = await openDuck({ reads: files, ordered: false })
  try {
    const local = await duck.session()
    const whole = join(local.folder, 'whole.parquet')
    await local.make(
      `copy (select * from read_parquet([${files.map(literal).join(', ')}])) to ${literal(whole)} (format parquet, compression zstd)`,
      signal,
    )
    await take(whole)
  } finally {
    await duck.close()
  }
}
