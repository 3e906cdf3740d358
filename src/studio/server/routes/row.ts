import { z } from 'zod'
import type { Connection, RejectedRow, Table } from '../../../connect.ts'
import { D365Error } from '../../../core/errors.ts'
import { browseQuery } from '../browse.ts'
import { answer } from '../call.ts'
import { EnvironmentChoice } from '../environments.ts'

/**
 * One row as a form: read with its version, saved only where nobody has changed it since. Values are checked against the
 * metadata before anything is sent, as those of every write are.
 */
const oneRow = z.object({ environment: EnvironmentChoice, table: z.string().min(1), id: z.guid() })
const values = z.record(z.string(), z.string().nullable())

export const rowRoutes = {
  'row.read': answer(oneRow, async ({ environment, table, id }, { environments, signal }) => {
    const connection = await environments.open(environment)
    return readRow(connection, await connection.table(table, { signal }), { id, signal })
  }),

  /** `etag` undefined: a new row. */
  'row.save': answer(
    oneRow.partial({ id: true }).extend({ etag: z.string().exactOptional(), values }),
    async ({ environment, table: name, id, etag, values: given }, { environments, signal }) => {
      const connection = await environments.open(environment)
      const table = await connection.table(name, { signal })
      const ended: { id?: string; rejected?: RejectedRow } = {}
      await connection.write(name, [{ ...given, ...(id === undefined ? {} : { [table.primaryKey]: id }) }], {
        mode: id === undefined ? 'insert' : 'update',
        route: 'single',
        ...(etag === undefined ? {} : { headers: { 'If-Match': etag } }),
        signal,
        onOutcome: (outcome) => {
          if (outcome.kind === 'rejected') ended.rejected = outcome
          else if (outcome.id !== undefined) ended.id = outcome.id
        },
      })
      if (!ended.rejected) return { kind: 'saved' as const, id: ended.id ?? id }
      return judged(ended.rejected, connection, { table, id, etag, signal })
    },
  ),

  'row.delete': answer(
    oneRow.extend({ etag: z.string() }),
    async ({ environment, table: name, id, etag }, { environments, signal }) => {
      const connection = await environments.open(environment)
      const table = await connection.table(name, { signal })
      const rejects: RejectedRow[] = []
      await connection.write(name, [{ [table.primaryKey]: id }], {
        mode: 'delete',
        route: 'single',
        headers: { 'If-Match': etag },
        signal,
        rejects: (row) => void rejects.push(row),
      })
      const [rejected] = rejects
      if (!rejected) return { kind: 'saved' as const, id }
      return judged(rejected, connection, { table, id, etag, signal })
    },
  ),

  /** Rows that a lookup may be set to, by a part of their name. */
  'row.find': answer(
    z.object({ environment: EnvironmentChoice, table: z.string().min(1), words: z.string() }),
    async ({ environment, table: name, words }, { environments, signal }) => {
      const connection = await environments.open(environment)
      const table = await connection.table(name, { signal })
      const column = table.primaryName ?? table.primaryKey
      const { text, parameters } = browseQuery(table, {
        table: name,
        columns: [column],
        filters: words === '' ? [] : [{ column, operator: 'contains', value: words }],
      })
      const { rows } = await connection.query(`${text}\nlimit ${MOST_FOUND}`, { parameters, signal })
      return { rows: rows.map(([id, shown]) => ({ id: String(id), name: String(shown ?? id) })) }
    },
  ),
}

const MOST_FOUND = 20

interface RowAt {
  readonly id: string
  readonly signal: AbortSignal
}

/** The version first: who changes the row between the two requests is noticed when it is saved. */
async function readRow(connection: Connection, table: Table, { id, signal }: RowAt) {
  const path = `${table.entitySet}(${id})?$select=${table.primaryKey}`
  const { body } = await connection.request({ method: 'GET', path, signal })
  const answered: unknown = JSON.parse(new TextDecoder().decode(body))
  const { '@odata.etag': etag } = Version.parse(answered)
  const columns = table.columns.filter(({ readable, type }) => readable && type !== 'partylist')
  const { text, parameters } = browseQuery(table, {
    table: table.name,
    columns: columns.map(({ name }) => name),
    filters: [{ column: table.primaryKey, operator: 'is', value: id }],
  })
  const read = await connection.query(text, { parameters, signal })
  const [row] = read.rows
  if (!row) throw new D365Error('NOT_FOUND', `There is no row ${id} in ${table.name}.`)
  const found = Object.fromEntries(read.columns.map(({ name }, at) => [name, row[at] ?? null]))
  return { etag, values: found }
}

const Version = z.object({ '@odata.etag': z.string() })

interface Judging {
  readonly table: Table
  readonly id: string | undefined
  readonly etag: string | undefined
  readonly signal: AbortSignal
}

/** A row that has another version now was changed by somebody else; all else is about what was entered. */
async function judged(
  { message, column }: RejectedRow,
  connection: Connection,
  { table, id, etag, signal }: Judging,
) {
  const rejected = { kind: 'rejected' as const, message, column }
  if (id === undefined || etag === undefined) return rejected
  const theirs = await readRow(connection, table, { id, signal }).catch((error: unknown) => {
    if (error instanceof D365Error && error.code === 'NOT_FOUND') return undefined
    throw error
  })
  if (!theirs) return { kind: 'gone' as const }
  return theirs.etag === etag ? rejected : { kind: 'conflict' as const, ...theirs }
}
