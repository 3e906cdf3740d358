import type { Catalog, Table } from '../../catalog/table.ts'
import { D365Error } from '../../core/errors.ts'
import type { InputRow } from '../input/input-row.ts'
import type { ResolvedOptions } from '../options.ts'
import { REJECT_CODES, type RejectedRow } from '../outcome.ts'
import type { FetchMany } from '../send/fetch-many.ts'
import { bindColumns } from './bind-columns.ts'
import type { BoundInput } from './binding.ts'
import { checkRow, type DraftRow } from './check-row.ts'
import { lookupResolver, type ReadyRow } from './resolve-lookups.ts'
import { rowReference } from './row-reference.ts'

export interface NumberedRow {
  /** Position in the input, from 1. */
  readonly row: number
  readonly input: InputRow
}

export interface Preparation {
  /** Ready rows and rejected ones, in input order. */
  prepare(rows: readonly NumberedRow[]): Promise<readonly (ReadyRow | RejectedRow)[]>
  notices(): readonly string[]
}

export interface PrepareContext {
  readonly table: Table
  readonly catalog: Catalog
  readonly options: ResolvedOptions
  readonly fetchMany: FetchMany
}

/** Sets of column names kept; files have one or a few. */
const MAX_BINDINGS = 1000

/**
 * From input to rows that can be sent: names to columns, values against metadata, lookups to ids.
 * Columns that mean nothing end the run where the first row has them, and reject a row that comes later.
 */
export function preparation({ table, catalog, options, fetchMany }: PrepareContext): Preparation {
  const resolveLookups = lookupResolver(fetchMany)
  const bindings = new Map<string, readonly BoundInput[] | D365Error>()
  const notices = new Set<string>()
  const described = new Map<string, Table>()
  let first = true

  async function bind(names: readonly string[]): Promise<readonly BoundInput[] | D365Error> {
    const id = JSON.stringify(names)
    const known = bindings.get(id)
    if (known) return known
    if (bindings.size >= MAX_BINDINGS) bindings.clear()
    const { mode, key, signal } = options
    const fatal = first
    first = false
    const bound = await bindColumns(names, { table, catalog, mode, key, signal }).catch((error: unknown) => {
      if (!fatal && error instanceof D365Error && error.code === 'INPUT_INVALID') return error
      throw error
    })
    if (bound instanceof D365Error) {
      bindings.set(id, bound)
      return bound
    }
    for (const notice of bound.notices) notices.add(notice)
    bindings.set(id, bound.bound)
    return bound.bound
  }

  async function check({ row, input }: NumberedRow): Promise<DraftRow | RejectedRow> {
    const bound = input.fault === undefined ? await bind(Object.keys(input.values)) : []
    if (bound instanceof D365Error) {
      const message = bound.hint === undefined ? bound.message : `${bound.message} ${bound.hint}`
      return { kind: 'rejected', row, input, code: REJECT_CODES.input, message }
    }
    const tables = await referredTables(input, bound)
    return checkRow(row, input, {
      options,
      columns: table.columns,
      primaryKey: table.primaryKey,
      bound,
      tables,
    })
  }

  /** Descriptions of the tables that a row names in its lookups; those a lookup cannot point to are left out. */
  async function referredTables(
    { values }: InputRow,
    bound: readonly BoundInput[],
  ): Promise<ReadonlyMap<string, Table>> {
    for (const { input: name, binding } of bound) {
      if (binding.kind !== 'lookup-id') continue
      const reference = rowReference(values[name])
      if (!reference || described.has(reference.table)) continue
      if (binding.targets.some((target) => target.table === reference.table))
        described.set(reference.table, await catalog.table(reference.table, { signal: options.signal }))
    }
    return described
  }

  return {
    async prepare(rows) {
      const checked: (DraftRow | RejectedRow)[] = []
      for (const row of rows) checked.push(await check(row))
      const drafts = checked.filter((row): row is DraftRow => row.kind === 'draft')
      const resolved = (await resolveLookups(drafts)).values()
      return checked.map((row) => (row.kind === 'draft' ? (resolved.next().value ?? unresolved(row)) : row))
    },
    notices: () => [...notices],
  }
}

function unresolved({ row }: DraftRow): never {
  throw new D365Error('BUG', `Row ${row} was lost while its lookups were found.`)
}
