import type { Catalog } from '../catalog/table.ts'
import type { Clock } from '../core/clock.ts'
import { sendBatch } from '../service/batch.ts'
import type { Session } from '../service/session.ts'
import { withHeaders } from '../service/with-headers.ts'
import type { InputRow } from './input/input-row.ts'
import { memoryRows } from './input/memory-rows.ts'
import { associateRows } from './load/associate.ts'
import { type LoadOptions, type LoadPart, type LoadReport, runLoad } from './load/run-load.ts'
import type { WriteOptions } from './options.ts'
import type { WriteReport } from './report.ts'
import { behaviourHeaders, type ServiceBehaviour } from './request-headers.ts'
import type { User } from './send/lane.ts'
import { writeRows } from './write-rows.ts'

export type WritableRows =
  | Iterable<Readonly<Record<string, unknown>>>
  | AsyncIterable<Readonly<Record<string, unknown>>>
  | { readonly rows: AsyncIterable<InputRow> }

export interface ConnectedWriteOptions<Who> extends WriteOptions, ServiceBehaviour {
  /**
   * More application users to write as, by their credentials or the names of saved ones. Limits are counted for each
   * user, so two write nearly twice as fast. They need the same rights; rows are owned by whoever writes them.
   */
  readonly alsoAs?: readonly Who[]
}

export interface ConnectedLoadOptions<Who> extends LoadOptions, Pick<ConnectedWriteOptions<Who>, 'alsoAs'> {}

/** Writing to one environment. */
export interface ConnectedWriter<Who> {
  /** Writes objects by column name, or the rows of a file opened with `openRows`. */
  write(table: string, rows: WritableRows, options: ConnectedWriteOptions<Who>): Promise<WriteReport>
  /** Writes several tables whose rows point to each other, in the order this takes, and whatever has to be set afterwards. */
  load(parts: readonly LoadPart[], options?: ConnectedLoadOptions<Who>): Promise<LoadReport>
}

export interface ConnectedWriterParts<Who> {
  readonly session: Session
  readonly catalog: Catalog
  readonly clock: Clock
  readonly random: () => number
  /** The same environment, signed in to as somebody else. */
  readonly sessionAs: (who: Who) => Promise<Session>
  /** Options where a call says nothing. */
  readonly defaults: Pick<WriteOptions, 'batchSize'>
  /** Throws where nothing may be written. */
  readonly refuseReadOnly: () => void
}

export function connectedWriter<Who>(parts: ConnectedWriterParts<Who>): ConnectedWriter<Who> {
  const { session, catalog, clock, random, sessionAs, defaults, refuseReadOnly } = parts
  const write: ConnectedWriter<Who>['write'] = async (name, rows, given) => {
    const { alsoAs = [], bypass: _bypass, detectDuplicates: _detect, actAs: _actAs, ...options } = given
    if (!options.dryRun) refuseReadOnly()
    const table = await catalog.table(name, options)
    const behaviour = await behaviourHeaders(given, session, options.signal)
    const own = userOf(withHeaders(session, behaviour))
    const others = (await Promise.all(alsoAs.map(sessionAs))).map((one) =>
      userOf(withHeaders(one, behaviour)),
    )
    const input = 'rows' in rows ? rows.rows : memoryRows(rows)
    const writeTable = table.kind === 'intersect' ? associateRows : writeRows
    return writeTable({ catalog, clock, random, ...own, others }, table, input, { ...defaults, ...options })
  }
  return {
    write,
    load: (loaded, { alsoAs = [], ...options } = {}) =>
      runLoad(
        {
          catalog,
          session,
          write: (name, rows, writing) => write(name, rows, { ...writing, alsoAs }),
        },
        loaded,
        options,
      ),
  }
}

/** A session as writing needs it. */
function userOf(session: Session): User {
  return { session, sendBatch: (requests, options) => sendBatch(session, requests, options) }
}
