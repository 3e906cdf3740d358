import { access } from 'node:fs/promises'
import { D365Error } from '../core/errors.ts'
import { literal, openDuck } from './duck.ts'
import { type SqlValue, toSqlValue } from './result-values.ts'

/** Rows of a Parquet file in their order, a chunk in memory at a time. Fails where fewer come than the file says it holds. */
export async function* parquetRows(
  path: string,
  signal?: AbortSignal,
): AsyncGenerator<Readonly<Record<string, SqlValue>>> {
  await access(path).catch((cause: unknown) => {
    throw new D365Error('IO_FAILED', `There is no file ${path}.`, { cause })
  })
  const duck = await openDuck({ reads: [path] })
  try {
    const session = await duck.session()
    const source = `read_parquet(${literal(path)})`
    const expected = await rowCount(session, source, { path, signal })
    const everything = `select * from ${source}`
    const names = (await session.columns(everything)).map(({ name }) => name)
    for await (const rows of session.counted(everything, expected, signal))
      for (const values of rows)
        yield Object.fromEntries(names.map((name, at) => [name, toSqlValue(values[at])]))
  } finally {
    await duck.close()
  }
}

type Session = Awaited<ReturnType<Awaited<ReturnType<typeof openDuck>>['session']>>

async function rowCount(
  session: Session,
  source: string,
  { path, signal }: { path: string; signal: AbortSignal | undefined },
): Promise<number> {
  try {
    const result = await session.run(`select count(*) from ${source}`, signal)
    const [[count] = []] = await result.getRows()
    return Number(count)
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw new D365Error('INPUT_INVALID', `${path} cannot be read as a Parquet file.`, {
      hint: 'Say --input-format csv or ndjson if it is one.',
      cause,
    })
  }
}
