import { createHash } from 'node:crypto'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'lossless-json'
import { D365Error } from '../../core/errors.ts'
import { openRowsFile, type RowsFile } from './rows-file.ts'

/** Columns and rows of a query, rows as lists of values in the order of the columns. */
export interface QueryAnswer {
  readonly columns: readonly { readonly name: string }[]
  readonly batches: AsyncIterable<readonly (readonly unknown[])[]>
}

export interface QueryRows {
  readonly text: string
  /** Where the answer is kept until the rows are written. */
  readonly folder: string
  /** Tells the same text asked of another environment apart. */
  readonly environment: string
  /** False: asks again, even where an answer is kept. */
  readonly resume: boolean
  readonly ask: (text: string) => Promise<QueryAnswer>
}

/**
 * The answer of a query as a file of rows. It is kept until they are written, so that an interrupted write goes on with
 * the very rows it began with, whatever the tables hold by then.
 */
export async function openQueryRows({
  text,
  folder,
  environment,
  resume,
  ask,
}: QueryRows): Promise<RowsFile> {
  const name = createHash('sha256')
    .update(JSON.stringify([environment, text]))
    .digest('hex')
  const path = join(folder, `${name.slice(0, 24)}.ndjson`)
  const kept = resume && (await stat(path).catch(() => undefined))
  if (!kept) await keep(await ask(text), { folder, path })
  const file = await openRowsFile(path)
  return { ...file, forget: () => rm(path, { force: true }) }
}

/** Whole or not at all. */
async function keep(
  { columns, batches }: QueryAnswer,
  { folder, path }: { readonly folder: string; readonly path: string },
): Promise<void> {
  const partial = `${path}.partial`
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const names = columns.map(({ name }) => name)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined)
    throw new D365Error('INPUT_INVALID', `The query gives two columns named ${twice}.`, {
      hint: 'Name each of them with AS.',
    })
  const file = await open(partial, 'w', 0o600)
  try {
    for await (const rows of batches) await file.appendFile(rows.map((row) => line(names, row)).join(''))
    await file.sync()
    await file.close()
    await rename(partial, path)
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(partial, { force: true })
    throw error
  }
}

function line(names: readonly string[], row: readonly unknown[]): string {
  return `${stringify(Object.fromEntries(names.map((name, at) => [name, row[at] ?? null])))}\n`
}
