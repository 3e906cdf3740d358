import type { Catalog } from '../../catalog/table.ts'
import { newGuid } from '../../core/guid.ts'
import type { Session } from '../../service/session.ts'
import type { InputRow } from '../input/input-row.ts'
import type { RowsFile } from '../input/rows-file.ts'
import { type RowShape, shapedRows } from '../input/shape-rows.ts'
import type { WriteMode, WriteOptions } from '../options.ts'
import type { RejectedRow, RowOutcome } from '../outcome.ts'
import type { WriteCounts, WriteReport } from '../report.ts'
import type { ServiceBehaviour } from '../request-headers.ts'
import { pairsTable, readAssociation } from './association.ts'
import { createPart, type Part } from './load-part.ts'
import { type LoadState, openLoadState } from './load-state.ts'
import { baseColumn, isNothing, type Later, type LoadTable, planLoad } from './plan-load.ts'

/** One input and the table it goes to. */
export interface LoadPart extends RowShape {
  /** What people call it, e.g. the path of its file. */
  readonly name: string
  /** What tells a changed input from another one, e.g. the absolute path of its file. */
  readonly source?: string
  readonly table: string
  readonly input: RowsFile
  readonly mode: WriteMode
  readonly key?: readonly string[]
}

/** `rows`: the rows themselves. `files`: files and images. `rest`: lookups and states that had to wait. */
export type LoadPass = 'rows' | 'files' | 'rest'

export interface LoadOptions
  extends Omit<
      WriteOptions,
      'mode' | 'key' | 'map' | 'defaults' | 'journal' | 'rejects' | 'onProgress' | 'onOutcome'
    >,
    ServiceBehaviour {
  /** Folder that paths of files in the rows start from. Default: the current one. */
  readonly filesFolder?: string
  /** Folder for the journals, so that the same load continues after an interruption. Default: none is kept. */
  readonly journalFolder?: string
  /** Kept with the journals, e.g. how to run it again. Never a secret. */
  readonly note?: Readonly<Record<string, unknown>>
  /** False begins anew and abandons an unfinished run of the same load. Default true. */
  readonly resume?: boolean
  /** Called when a pass over one input begins. */
  readonly onPass?: (pass: { readonly part: LoadPart; readonly pass: LoadPass }) => void
  readonly onProgress?: (counts: WriteCounts) => void
  readonly onOutcome?: (outcome: RowOutcome, part: LoadPart) => void
  readonly rejects?: (rejected: RejectedRow, place: RejectedPlace) => void | Promise<void>
}

export interface RejectedPlace {
  readonly part: LoadPart
  readonly pass: LoadPass
}

/** One report for each part, in the order in which they were written. */
export interface LoadReport {
  readonly parts: readonly PartReport[]
}

/** A row that was written and whose lookups, state or files were then refused counts as rejected. */
export interface PartReport extends WriteReport {
  readonly name: string
  /** Of the rows rejected: those that were written, without what had to wait. */
  readonly incomplete: number
}

export interface LoadEnvironment {
  readonly catalog: Catalog
  readonly session: Session
  readonly write: (
    table: string,
    rows: { readonly rows: AsyncIterable<InputRow> },
    options: WriteOptions & ServiceBehaviour,
  ) => Promise<WriteReport>
}

/**
 * Writes several tables whose rows point to each other: rows first, in the order of their dependencies, then files, then
 * what had to wait. Every row ends once, however many passes it took.
 */
export async function runLoad(
  environment: LoadEnvironment,
  parts: readonly LoadPart[],
  options: LoadOptions,
): Promise<LoadReport> {
  const tables = await Promise.all(parts.map((part) => loadTable(part, environment, options)))
  const plan = planLoad(tables)
  const single = parts.length === 1 && plan.later.every(isNothing)
  const state = single || options.dryRun ? undefined : await stateOf(environment, parts, options)
  const loads = plan.order.flatMap((at) => {
    const [part, table] = [parts[at], tables[at]?.table]
    const later = options.dryRun ? unknownInPreview(tables, at) : plan.later[at]
    return part && table && later
      ? [
          createPart({
            part,
            table,
            later,
            filesOnly: filesOnly(tables[at], later, part.key),
            at,
            state,
            options,
            environment,
          }),
        ]
      : []
  })
  for (const load of loads) await load.writeRows(rejectedSoFar(loads))
  if (!options.dryRun) {
    for (const load of loads) await load.uploadFiles()
    for (const load of loads) await load.writeRest(rejectedSoFar(loads))
  }
  await state?.end()
  for (const { input } of parts) await input.forget()
  return { parts: loads.map((load) => load.report()) }
}

/** Then there is no row to write, and an update of nothing would be refused. */
function filesOnly(one: LoadTable | undefined, { files }: Later, key: readonly string[] = []): boolean {
  if (one?.mode !== 'update' || files.length === 0) return false
  const keys = [one.table.primaryKey, ...key.map((name) => name.toLowerCase())]
  return one.columns.every((name) => {
    const column = baseColumn(name, one.table)
    return column !== undefined && (files.includes(column) || keys.includes(column.name))
  })
}

/** A preview makes no rows, so that lookups to those of the same load cannot be found. */
function unknownInPreview(tables: readonly LoadTable[], at: number): Later {
  const own = tables[at]?.table
  const made = tables.flatMap(({ mode, table }) =>
    mode === 'insert' || mode === 'upsert' ? [table.name] : [],
  )
  const lookups = (own?.columns ?? []).flatMap((column) => {
    const to = (column.targets ?? []).flatMap(({ table }) => (made.includes(table) ? [table] : []))
    return to.length > 0 && !column.required ? [{ column, tables: to }] : []
  })
  return { lookups, state: [], files: [] }
}

function rejectedSoFar(loads: readonly Part[]): number {
  return loads.reduce((sum, load) => sum + load.rejected(), 0)
}

/** Rows looked at to learn the columns of an input: a CSV has all of them in the first. */
const PEEKED_ROWS = 1000

async function loadTable(
  part: LoadPart,
  environment: LoadEnvironment,
  { signal }: LoadOptions,
): Promise<LoadTable> {
  const own = await environment.catalog.table(part.table, { signal })
  const table =
    own.kind === 'intersect' ? pairsTable(own, await readAssociation(own, environment, signal)) : own
  const columns = new Set<string>()
  let rows = 0
  for await (const { values } of shapedRows(part.input.rows, part)) {
    for (const name of Object.keys(values)) columns.add(name)
    if (++rows >= PEEKED_ROWS) break
  }
  return { name: part.name, table, mode: part.mode, columns: [...columns] }
}

async function stateOf(
  { session: { root } }: LoadEnvironment,
  parts: readonly LoadPart[],
  { journalFolder, note, resume = true, locale, timeZone, emptyAsNull }: LoadOptions,
): Promise<LoadState | undefined> {
  if (journalFolder === undefined) return undefined
  const identity = [root, locale, timeZone, emptyAsNull, parts.map(identityOf)]
  return openLoadState({ folder: journalFolder, identity, resume, newId: newGuid, note })
}

function identityOf({ table, mode, key, input, map, defaults }: LoadPart): unknown {
  return { table, mode, key, fingerprint: input.fingerprint, map, defaults }
}
