import type { TableDefinition } from '../../schema.ts'
import type { StoredRow } from '../../store/store.ts'
import { type ApiContext, ApiError } from '../operation.ts'
import { syntaxError } from './tokens.ts'

/**
 * What changed in a table after a version, in pages: rows by their version first, then deletions. The pages end at the
 * version of the first one, and the next delta token starts there, so that writes in between are neither lost nor
 * keep a reader busy for ever.
 */
export interface ChangePage {
  readonly changed: readonly StoredRow[]
  /** Keys of deleted rows. */
  readonly deleted: readonly string[]
  /** Version up to which the pages go. */
  readonly until: bigint
  /** Token of the next page, percent-encoded; undefined on the last. */
  readonly next: string | undefined
}

export interface ChangeWish {
  readonly since: bigint
  readonly size: number
  readonly skipToken: string | undefined
  readonly context: ApiContext
}

export function changesSince(
  table: TableDefinition,
  { since, size, skipToken, context }: ChangeWish,
): ChangePage {
  const position = skipToken === undefined ? undefined : readPosition(skipToken)
  const until = position?.until ?? context.store.version
  const changes = listChanges(table, { since, until, context })
  const rest = position ? changes.filter((change) => comesAfter(change, position)) : changes
  const page = rest.slice(0, size)
  const last = page.at(-1)
  return {
    changed: page.flatMap(({ row }) => (row ? [row] : [])),
    deleted: page.flatMap(({ row, id }) => (row ? [] : [id])),
    until,
    next:
      last && page.length < rest.length
        ? printPosition({ page: (position?.page ?? 1) + 1, until, kind: kindOf(last), after: last.version })
        : undefined,
  }
}

export function countChanges(table: TableDefinition, since: bigint, context: ApiContext): number {
  return listChanges(table, { since, until: context.store.version, context }).length
}

interface Change {
  /** Undefined: the row is gone. */
  readonly row: StoredRow | undefined
  readonly id: string
  readonly version: bigint
}

function listChanges(
  { logicalName, primaryKey }: TableDefinition,
  { since, until, context }: { since: bigint; until: bigint; context: ApiContext },
): readonly Change[] {
  const rows = context.store.table(logicalName)
  const within = ({ version }: Change): boolean => version > since && version <= until
  const byVersion = (a: Change, b: Change): number => (a.version < b.version ? -1 : 1)
  const changed = rows
    .rowsByKey()
    .map((row): Change => ({ row, id: String(row[primaryKey]), version: versionOf(row) }))
    .filter(within)
    .sort(byVersion)
  // A row that was deleted and made again is there: telling of its deletion last would take it away from the reader.
  const deleted = rows
    .deletionsSince(since)
    .map(({ id, version }): Change => ({ row: undefined, id, version }))
    .filter((change) => within(change) && !rows.get(change.id))
  return [...changed, ...deleted]
}

function versionOf({ versionnumber }: StoredRow): bigint {
  return typeof versionnumber === 'bigint' ? versionnumber : 0n
}

interface ChangePosition {
  readonly page: number
  readonly until: bigint
  readonly kind: 'row' | 'deletion'
  readonly after: bigint
}

function kindOf({ row }: Change): ChangePosition['kind'] {
  return row ? 'row' : 'deletion'
}

function comesAfter(change: Change, { kind, after }: ChangePosition): boolean {
  if (kindOf(change) === kind) return change.version > after
  return kind === 'row'
}

function printPosition({ page, until, kind, after }: ChangePosition): string {
  return encodeURI(
    `<cookie pagenumber="${page}" until="${until}" kind="${kind}" after="${after}" istracking="True" />`,
  )
}

function readPosition(token: string): ChangePosition {
  const match = /pagenumber="(\d+)" until="(\d+)" kind="(row|deletion)" after="(\d+)"/.exec(token)
  if (!match) throw new ApiError(400, '0x80041129', 'Malformed XML in the Paging Cookie')
  const [, page, until = '0', kind, after = '0'] = match
  return {
    page: Number(page),
    until: BigInt(until),
    kind: kind === 'deletion' ? 'deletion' : 'row',
    after: BigInt(after),
  }
}

/** `919042!08/22/2017 08:10:44`, percent-encoded with lower-case digits as the service does. */
export function tokenText(version: bigint, now: number): string {
  const [, year, month, day, time] =
    /^(\d+)-(\d+)-(\d+)T(\d+:\d+:\d+)/.exec(new Date(now).toISOString()) ?? []
  return encodeURIComponent(`${version}!${month}/${day}/${year} ${time}`)
    .replaceAll('!', '%21')
    .replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())
}

const DAY_MS = 86_400_000

/** The version of a delta token that has not expired. */
export function readDeltaToken(token: string, { now, store }: ApiContext): bigint {
  const match = /^(\d+)!(\d{2})\/(\d{2})\/(\d{4}) (\d{2}:\d{2}:\d{2})$/.exec(token)
  if (!match) throw syntaxError('The deltatoken is not valid.')
  const [, version = '0', month, day, year, time] = match
  const made = Date.parse(`${year}-${month}-${day}T${time}Z`)
  if (now - made > store.organization.changeTrackingDays * DAY_MS)
    throw new ApiError(
      400,
      '0x80044352',
      'Version stamp associated with the client has expired. Please perform a full sync.',
    )
  return BigInt(version)
}
