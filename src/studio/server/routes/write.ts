import { z } from 'zod'
import type { Connection, RowOutcome } from '../../../connect.ts'
import { D365Error } from '../../../core/errors.ts'
import { textPrinter } from '../../../output/row-text.ts'
import { answer, type CallContext, download, events, nothing, transfer } from '../call.ts'
import { during } from '../during.ts'
import { EnvironmentChoice } from '../environments.ts'
import { suggestMapping } from '../suggest-mapping.ts'
import { type MendableRow, mendable, type RowIn } from '../write-jobs.ts'

/** Rows back into Dynamics: looked at, mapped, checked, compared, written, mended. */
const Source = z.union([z.object({ upload: z.string() }), z.object({ query: z.string().min(1) })])

const Writing = z.object({
  environment: EnvironmentChoice,
  source: Source,
  table: z.string().min(1),
  mode: z.enum(['insert', 'update', 'upsert', 'delete']),
  /** Columns of a key; none: the primary key. */
  key: z.array(z.string()),
  /** Name in the input to name in the table; null leaves it out. */
  map: z.record(z.string(), z.string().nullable()),
  skipUnchanged: z.boolean(),
})

type Source = z.infer<typeof Source>
type Writing = z.infer<typeof Writing>

/** Changes that are shown of a check, and rows that are shown of an input. */
const MOST_CHANGES = 500
const MOST_SAMPLES = 20

export const writeRoutes = {
  'write.upload': transfer(async (request, { uploads }) => {
    const { id, bytes, format } = await uploads.put(request)
    return Response.json({ id, bytes, format }, { headers: { 'cache-control': 'no-store' } })
  }),

  /** The columns of an input, its first rows, and what its columns seem to mean. */
  'write.look': answer(
    z.object({ environment: EnvironmentChoice, source: Source, table: z.string().min(1) }),
    async ({ environment, source, table }, context) => {
      const connection = await context.environments.open(environment)
      const { rows, about, forget } = await rowsOf(connection, source, context)
      const samples: Readonly<Record<string, unknown>>[] = []
      try {
        for await (const row of rows) {
          if ('fault' in row && row.fault !== undefined) throw new D365Error('INPUT_INVALID', row.fault)
          samples.push(row.values)
          if (samples.length >= MOST_SAMPLES) break
        }
      } finally {
        await forget()
      }
      const columns = [...new Set(samples.flatMap((values) => Object.keys(values)))]
      const map = suggestMapping(columns, await connection.table(table, { signal: context.signal }))
      return { columns, samples, map, about }
    },
  ),

  /** Every row against the metadata and against what is there; nothing is written. */
  'write.check': events(Writing, async function* (writing, context) {
    const { signal, environments } = context
    const connection = await environments.open(writing.environment)
    const { rows, forget } = await rowsOf(connection, writing.source, context)
    const rejects: MendableRow[] = []
    const changes: ShownChange[] = []
    try {
      const report = yield* during(
        (emit: (event: { kind: 'progress'; ended: number }) => void, stop) =>
          connection.write(
            writing.table,
            { rows },
            {
              ...optionsOf(writing),
              dryRun: true,
              signal: stop,
              onProgress: ({ accepted, rejected, unchanged }) =>
                emit({ kind: 'progress', ended: accepted + rejected + unchanged }),
              onOutcome: (outcome) =>
                void (changes.length < MOST_CHANGES && changes.push(...shownChanges(outcome))),
              rejects: (row) => void (rejects.length < MOST_CHANGES && rejects.push(mendable(row))),
            },
          ),
        signal,
      )
      yield { kind: 'done' as const, report, changes, rejects }
    } finally {
      await forget()
    }
  }),

  'write.start': answer(Writing, async (writing, context) => {
    const connection = await context.environments.open(writing.environment)
    const { rows, about, journal, forget } = await rowsOf(connection, writing.source, context)
    const options = { ...optionsOf(writing), ...(journal ? { journal } : {}) }
    return context.writes.start({ connection, table: writing.table, rows, about, options, forget })
  }),

  /** Rejected rows of a run that were mended. */
  'write.again': answer(
    z.object({ id: z.string(), rows: z.array(z.record(z.string(), z.unknown())).min(1) }),
    ({ id, rows }, { writes }) => writes.again(id, rows),
  ),

  /** The rejected rows of a run with their reasons, as a CSV to mend and write again. */
  'write.rejects': download(z.object({ id: z.string() }), async ({ id }, { writes }) => {
    const { rejects } = writes.get(id)
    const names = [...new Set(rejects.flatMap(({ values }) => Object.keys(values)))]
    const columns = [...names, 'd365_error'].map((name) => ({ name, exactNumber: false }))
    const printer = textPrinter('csv', columns)
    const rows = rejects.map(({ values, message }) => ({ ...values, d365_error: message }))
    return new Response(printer.start() + printer.rows(rows) + printer.end(), {
      headers: { 'content-type': 'text/csv; charset=utf-8', 'cache-control': 'no-store' },
    })
  }),

  'write.jobs': answer(nothing, (_, { writes }) => writes.all()),

  'write.control': answer(
    z.object({ id: z.string(), action: z.enum(['pause', 'resume', 'stop']) }),
    ({ id, action }, { writes }) => {
      writes.control(id, action)
      return {}
    },
  ),

  'write.watch': events(z.object({ id: z.string() }), async function* ({ id }, { writes, signal }) {
    for await (const job of writes.watch(id, signal)) yield { job }
  }),
}

function optionsOf({ mode, key, map, skipUnchanged }: Writing) {
  return {
    mode,
    map,
    ...(key.length === 0 ? {} : { key }),
    ...(skipUnchanged && (mode === 'update' || mode === 'upsert') ? { skipUnchanged } : {}),
  }
}

/** Rows that were sent up, or that a query gives. */
async function rowsOf(
  connection: Connection,
  source: Source,
  { uploads, signal }: CallContext,
): Promise<OpenedRows> {
  // A query of a page reads tables, no files of this machine: explaining it refuses them.
  if ('query' in source) await connection.explain(source.query, { signal })
  const upload = 'upload' in source ? uploads.get(source.upload) : undefined
  const from = 'query' in source ? source.query : (upload?.path ?? '')
  const opened = await connection.openRows(from, {
    signal,
    ...(upload ? { format: upload.format } : { resume: false }),
  })
  const { rows, fingerprint, lines, forget } = opened
  return { rows, about: lines, journal: upload && { folder: connection.journalFolder, fingerprint }, forget }
}

interface OpenedRows {
  readonly rows: AsyncIterable<RowIn>
  readonly about: number | undefined
  /** Undefined for a query: asked again it may give other rows, and no journal would know which were written. */
  readonly journal: { readonly folder: string; readonly fingerprint: string } | undefined
  /** Removes what was kept to read the rows again. */
  readonly forget: () => Promise<void>
}

export interface ShownChange {
  readonly row: number
  readonly action: string
  readonly id: string | undefined
  readonly column: string
  readonly from: string | null
  readonly to: string | null
}

/** A line for each column that would change; of rows that would be made or deleted one line. */
function shownChanges(outcome: RowOutcome): readonly ShownChange[] {
  if (outcome.kind !== 'accepted') return []
  const { row, action, id, changes = [] } = outcome
  if (changes.length === 0) return [{ row, action, id, column: '', from: null, to: null }]
  return changes.map(({ column, from, to }) => ({ row, action, id, column, from, to }))
}
