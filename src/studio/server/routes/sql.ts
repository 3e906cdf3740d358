import { z } from 'zod'
import { completeSql, type PlannedRequests, type RejectedRow } from '../../../connect.ts'
import { answer, type CallContext, download, events, nothing } from '../call.ts'
import { during } from '../during.ts'
import { EnvironmentChoice } from '../environments.ts'
import { EXPORT_FORMATS, exportRows } from '../export-rows.ts'
import { forgetQuery, readWorkbook, rememberQuery, saveQuery } from '../workbook.ts'

/** SQL: what it would do, its rows as they come, what it changes; and the statements people keep. */
const statement = z.object({ environment: EnvironmentChoice, text: z.string().min(1) })

/** As many rows as somebody saw that it would change; where there are more by now, nothing is changed. */
const confirmed = statement.extend({ maxRows: z.number().int().nonnegative() })

/** Rows that a page holds at most. */
export const MOST_ROWS = 100_000
/** Requests, rows and reasons that are shown of a change. */
const MOST_SHOWN = 200

export const sqlRoutes = {
  /** A statement that changes rows is not run: its plan says so, and it is run by another call. */
  'sql.run': events(statement, async function* ({ environment, text }, context) {
    const { environments, signal } = context
    const connection = await environments.open(environment)
    const plan = await connection.explain(text, { signal })
    await remember(text, environment, context)
    yield { kind: 'plan' as const, plan }
    if (plan.explains) {
      const { columns, rows } = await connection.query(text, { signal })
      yield { kind: 'columns' as const, columns }
      yield { kind: 'rows' as const, rows }
      return
    }
    if (plan.change) return
    const stream = await connection.stream(text, { signal, firstRows: true })
    try {
      yield { kind: 'columns' as const, columns: stream.columns }
      let left = MOST_ROWS
      for await (const rows of stream.batches) {
        const shown = rows.slice(0, left)
        left -= shown.length
        if (shown.length > 0) yield { kind: 'rows' as const, rows: shown }
        if (shown.length === rows.length) continue
        yield { kind: 'cut' as const, most: MOST_ROWS }
        return
      }
      yield { kind: 'cost' as const, ...stream.cost() }
    } finally {
      await stream.close()
    }
  }),

  'sql.explain': answer(statement, async ({ environment, text }, { environments, signal }) =>
    (await environments.open(environment)).explain(text, { signal }),
  ),

  /** What a change would do: nothing is written. */
  'sql.preview': answer(statement, async ({ environment, text }, { environments, signal }) => {
    const requests: PlannedRequests[] = []
    const rejects: RejectedRow[] = []
    const connection = await environments.open(environment)
    const {
      scans: _scans,
      finished: _finished,
      ...report
    } = await connection.execute(text, {
      signal,
      dryRun: true,
      allRows: true,
      onRequests: (some) => void (requests.length < MOST_SHOWN && requests.push(some)),
      rejects: (row) => void (rejects.length < MOST_SHOWN && rejects.push(row)),
    })
    const asked = plainRequests(requests)
    return { report, requests: asked.slice(0, MOST_SHOWN), rejects: rejects.map(reasonOf) }
  }),

  /** Carries a change out that somebody has seen and confirmed. */
  'sql.execute': events(confirmed, async function* ({ environment, text, maxRows }, context) {
    const { environments, signal } = context
    const connection = await environments.open(environment)
    await remember(text, environment, context)
    const rejects: RejectedRow[] = []
    const report = yield* during(
      (emit: (event: { kind: 'progress'; ended: number }) => void, stop) =>
        connection.execute(text, {
          signal: stop,
          allRows: true,
          maxRows,
          onProgress: ({ accepted, rejected, unchanged }) =>
            emit({ kind: 'progress', ended: accepted + rejected + unchanged }),
          rejects: (row) => void (rejects.length < MOST_SHOWN && rejects.push(row)),
        }),
      signal,
    )
    const { scans: _scans, finished: _finished, returned, ...counts } = report
    yield { kind: 'done' as const, report: counts, returned, rejects: rejects.map(reasonOf) }
  }),

  'sql.complete': answer(
    z.object({ environment: EnvironmentChoice, before: z.string() }),
    async ({ environment, before }, { environments, signal }) => {
      const lines = before.split('\n')
      const [names, word] = await completeSql(lines.at(-1) ?? '', {
        before: lines.slice(0, -1).join('\n'),
        connection: await environments.open(environment),
        signal,
      })
      return { names, word }
    },
  ),

  'sql.export': download(
    statement.extend({ format: z.enum(EXPORT_FORMATS) }),
    async ({ environment, text, format }, { environments, signal }) =>
      exportRows(await environments.open(environment), { text, format, signal }),
  ),

  'sql.kept': answer(nothing, (_, { env }) => readWorkbook(env)),

  'sql.save': answer(
    z.object({
      name: z.string().trim().min(1).max(200),
      text: z.string().min(1),
      environment: EnvironmentChoice,
    }),
    async ({ name, text, environment }, { env }) => {
      await saveQuery(env, { name, text, ...placeOf(environment) })
      return {}
    },
  ),

  'sql.forget': answer(z.object({ name: z.string() }), async ({ name }, { env }) => {
    await forgetQuery(env, name)
    return {}
  }),
}

function remember(text: string, environment: EnvironmentChoice, { env, clock }: CallContext): Promise<void> {
  return rememberQuery(env, { text, at: clock.now(), ...placeOf(environment) })
}

/** What a query runs with; nothing for settings that are not saved. */
function placeOf(environment: EnvironmentChoice): { readonly system?: string; readonly credential?: string } {
  return 'draft' in environment ? {} : environment
}

function plainRequests(planned: readonly PlannedRequests[]) {
  return planned.flatMap(({ route, requests }) =>
    requests.map(({ method, path, body }) => ({
      route,
      method,
      path,
      body: body === undefined ? undefined : String(body),
    })),
  )
}

function reasonOf({ row, message, input: { values } }: RejectedRow) {
  return { row, message, values }
}
