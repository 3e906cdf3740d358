import { z } from 'zod'
import type { Connection } from '../../../connect.ts'
import { Browsing, browseQuery } from '../browse.ts'
import { answer, type CallContext, download, events } from '../call.ts'
import { EnvironmentChoice } from '../environments.ts'
import { EXPORT_FORMATS, exportRows } from '../export-rows.ts'
import { MOST_ROWS } from './sql.ts'

/** Tables, their columns and relationships, and rows to look through. */
const oneTable = z.object({ environment: EnvironmentChoice, table: z.string().min(1) })
const browsing = z.object({ environment: EnvironmentChoice, browsing: Browsing })

export const exploreRoutes = {
  'explore.tables': answer(
    z.object({ environment: EnvironmentChoice }),
    async ({ environment }, { environments, signal }) =>
      (await environments.open(environment)).tables({ signal }),
  ),

  'explore.table': answer(oneTable, async ({ environment, table }, { environments, signal }) =>
    (await environments.open(environment)).table(table, { signal }),
  ),

  /** As the service last counted it, within a day: at once, however large the table is. */
  'explore.size': answer(oneTable, async ({ environment, table }, { environments, signal }) => {
    const connection = await environments.open(environment)
    const names = encodeURIComponent(JSON.stringify([table]))
    const { body } = await connection.request({
      method: 'GET',
      path: `RetrieveTotalRecordCount(EntityNames=@n)?@n=${names}`,
      signal,
    })
    return { rows: countIn(body, table) }
  }),

  /** By the service, now: for a large table it takes a request for each 50,000 rows. */
  'explore.count': answer(browsing, async ({ environment, browsing: asked }, context) => {
    const { connection, text, parameters } = await queryOf(environment, asked, context)
    const { rows } = await connection.query(`select count(*) from (\n${text}\n) as rows`, {
      parameters,
      signal: context.signal,
    })
    return { rows: Number(rows[0]?.[0]) }
  }),

  'explore.rows': events(browsing, async function* ({ environment, browsing: asked }, context) {
    const { connection, text, parameters } = await queryOf(environment, asked, context)
    const stream = await connection.stream(text, { parameters, signal: context.signal, firstRows: true })
    try {
      yield { kind: 'columns' as const, columns: stream.columns }
      let left = MOST_ROWS
      for await (const batch of stream.batches) {
        for (let from = 0; from < batch.length && left > 0; from += ROWS_AT_ONCE) {
          const rows = batch.slice(from, from + Math.min(ROWS_AT_ONCE, left))
          left -= rows.length
          yield { kind: 'rows' as const, rows }
        }
        if (left > 0) continue
        yield { kind: 'cut' as const, most: MOST_ROWS }
        return
      }
    } finally {
      await stream.close()
    }
  }),

  'explore.sql': answer(browsing, async ({ environment, browsing: asked }, context) => {
    const { text, parameters } = await queryOf(environment, asked, context)
    return { text: text.replace(/\$(\d+)/g, (_, at: string) => literal(parameters[Number(at) - 1] ?? '')) }
  }),

  'explore.export': download(
    browsing.extend({ format: z.enum(EXPORT_FORMATS) }),
    async ({ environment, browsing: asked, format }, context) => {
      const { connection, text, parameters } = await queryOf(environment, asked, context)
      return exportRows(connection, { text, parameters, format, signal: context.signal })
    },
  ),
}

/** Rows that travel together: so many are looked at before more are asked for. */
const ROWS_AT_ONCE = 1000

async function queryOf(
  environment: EnvironmentChoice,
  browsed: Browsing,
  { environments, signal }: CallContext,
) {
  const connection: Connection = await environments.open(environment)
  return { connection, ...browseQuery(await connection.table(browsed.table, { signal }), browsed) }
}

/** A parameter, for a statement that somebody goes on to work with. */
function literal(value: string | number): string {
  return typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`
}

function countIn(body: Uint8Array, table: string): number | undefined {
  const answered: unknown = JSON.parse(new TextDecoder().decode(body))
  const parsed = Counted.safeParse(answered)
  if (!parsed.success) return undefined
  const { Keys, Values } = parsed.data.EntityRecordCountCollection
  return Values[Keys.indexOf(table)]
}

const Counted = z.object({
  EntityRecordCountCollection: z.object({ Keys: z.array(z.string()), Values: z.array(z.number()) }),
})
