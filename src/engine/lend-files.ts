import { copyFile, link, mkdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { D365Error } from '../core/errors.ts'
import { type LocalFile, localFiles, withFilesAt } from '../plan/local-files.ts'
import { type Statement, sqlError } from '../plan/parse.ts'
import type { Duck } from './duck.ts'

export interface Lending {
  /** May the statement read files of this machine at all? */
  readonly allowed: boolean
  readonly duck: () => Promise<Duck>
}

/**
 * Lends the engine, which reaches its own folder only, the files a statement reads: a second name of the file where
 * the disk allows one, else a copy.
 */
export async function lendFiles(statement: Statement, { allowed, duck }: Lending): Promise<Statement> {
  const files = localFiles(statement)
  if (files.length === 0) return statement
  if (!allowed) throw refused(files, statement)
  const folder = join((await duck()).folder, 'lent')
  await mkdir(folder, { recursive: true })
  const placed = new Map<string, string>()
  for (const { path } of files)
    placed.set(path, await lend(path, join(folder, `${lent++}-${basename(path)}`)))
  return withFilesAt(statement, placed)
}

/** Tells files of the same name apart. */
let lent = 0

async function lend(path: string, place: string): Promise<string> {
  try {
    if (!(await stat(path)).isFile()) throw new Error('it is no file')
    await link(resolve(path), place).catch(() => copyFile(path, place))
    return place
  } catch (cause) {
    throw new D365Error(
      'IO_FAILED',
      `Cannot read ${path}${cause instanceof Error ? `: ${cause.message}` : ''}.`,
      {
        hint: 'Paths are taken from the folder the command runs in.',
        cause,
      },
    )
  }
}

function refused([first]: readonly LocalFile[], { text }: Statement): D365Error {
  return sqlError(`${first?.path} is a file of this machine, which this query may not read`, {
    text,
    position: first?.position,
    hint: 'd365 sql and the input of d365 write may; a program says localFiles.',
  })
}
