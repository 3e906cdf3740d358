import { D365Error } from '../core/errors.ts'
import { nearNames } from '../core/near.ts'
import type { Session } from '../service/session.ts'
import { readTable, readTableSummaries } from './entity-definitions.ts'
import { objectOf, parseMetadata, textOf } from './json.ts'
import type { MetadataCache } from './metadata-cache.ts'
import type { Catalog, Table, TableSummary } from './table.ts'

/** The catalog of one environment: asked of the service once, then from memory and from the disk cache. */
export interface CatalogOptions {
  readonly session: Session
  /** Default: nothing is kept between processes. */
  readonly cache?: MetadataCache | undefined
}

export function createCatalog({ session, cache }: CatalogOptions): Catalog {
  const tables = new Map<string, Promise<Table>>()
  let summaries: Promise<readonly TableSummary[]> | undefined
  let version: Promise<string | undefined> | undefined

  /** From the disk where the service's metadata has not changed since, else from the service and onto the disk. */
  const cached = async <T extends Table | readonly TableSummary[]>(
    name: string,
    { read, isWhole }: { read: () => Promise<T>; isWhole: (value: unknown) => value is T },
  ): Promise<T> => {
    version ??= cache ? metadataVersion(session) : Promise.resolve(undefined)
    const known = await version
    if (!cache || known === undefined) return read()
    const kept = await cache.read(known, name)
    if (isWhole(kept)) return kept
    const fresh = await read()
    await cache.write(known, name, fresh)
    return fresh
  }

  const allSummaries = (): Promise<readonly TableSummary[]> => {
    summaries ??= forgetOnFailure(
      cached('tables', { read: () => readTableSummaries(session), isWhole: isSummaries }),
      () => {
        summaries = undefined
        version = undefined
      },
    )
    return summaries
  }

  const oneTable = async (name: string): Promise<Table> => {
    const summary = findSummary(name, await allSummaries())
    const known = tables.get(summary.name)
    if (known) return known
    const table = forgetOnFailure(
      cached(`table-${summary.name}`, { read: () => readTable(session, summary.name), isWhole: isTable }),
      () => tables.delete(summary.name),
    )
    tables.set(summary.name, table)
    return table
  }

  return {
    tables: ({ signal } = {}) => unlessAborted(allSummaries(), signal),
    table: (name, { signal } = {}) => unlessAborted(oneTable(name), signal),
  }
}

/** Answers are shared: a caller that gives up ends its own wait, and nobody else's. */
function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return answer
  return new Promise((resolve, reject) => {
    const stop = () => reject(new D365Error('CANCELLED', 'Cancelled.', { cause: signal.reason }))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

/** A failed answer is not kept: the next caller asks again. */
function forgetOnFailure<T>(answer: Promise<T>, forget: () => void): Promise<T> {
  answer.catch(forget)
  return answer
}

async function metadataVersion(session: Session): Promise<string | undefined> {
  const { path, annotation } = session.capabilities.metadata.version
  try {
    const { body } = await session.request({
      method: 'GET',
      path,
      headers: { Prefer: `odata.include-annotations="${annotation}"` },
    })
    return textOf(String(parseMetadata(body)[`@${annotation}`] ?? ''))
  } catch (error) {
    // A narrow role may not read it; then nothing is cached.
    if (error instanceof D365Error && ['FORBIDDEN', 'NOT_FOUND'].includes(error.code)) return undefined
    throw error
  }
}

function findSummary(name: string, summaries: readonly TableSummary[]): TableSummary {
  const wanted = name.trim().toLowerCase()
  const found =
    summaries.find((table) => table.name === wanted) ??
    summaries.find((table) => table.entitySet.toLowerCase() === wanted)
  if (found) return found
  const near = nearNames(
    wanted,
    summaries.map((table) => table.name),
  )
  throw new D365Error('NOT_FOUND', `There is no table ${name}.`, {
    hint:
      near.length > 0
        ? `Did you mean ${near.join(' or ')}?`
        : 'd365 tables lists all tables by logical name.',
  })
}

function isSummaries(value: unknown): value is readonly TableSummary[] {
  return Array.isArray(value) && value.every((one) => typeof objectOf(one).entitySet === 'string')
}

function isTable(value: unknown): value is Table {
  const { columns, keys, relationships, entitySet } = objectOf(value)
  return typeof entitySet === 'string' && [columns, keys, relationships].every(Array.isArray)
}
