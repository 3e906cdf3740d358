import type { Column } from '../../catalog/table.ts'
import type { InputRow } from '../input/input-row.ts'
import { REJECT_CODES, type RejectedRow } from '../outcome.ts'
import { type Fetched, type FetchMany, isMissing } from '../send/fetch-many.ts'
import type { DraftRow } from './check-row.ts'
import {
  type CheckedValue,
  type LookupValue,
  type LookupWanted,
  shown,
  type TargetTable,
} from './checked-value.ts'
import { foldedText, keyLiteral } from './row-key.ts'

/** A row ready to be sent. */
export interface ReadyRow {
  readonly kind: 'ready'
  readonly row: number
  readonly input: InputRow
  readonly key: DraftRow['key']
  readonly cells: readonly Cell[]
}

export interface Cell {
  readonly column: Column
  readonly value: CheckedValue
}

export type ResolveLookups = (drafts: readonly DraftRow[]) => Promise<readonly (ReadyRow | RejectedRow)[]>

/** Answers kept, so that a million rows pointing at a few thousand others ask once for each. */
const MAX_CACHED = 100_000
/** More rows than this with one name are not told apart. */
const MAX_NAMESAKES = 10

/** Finds the rows that lookups mean, many in one request, each distinct one once. */
export function lookupResolver(fetchMany: FetchMany): ResolveLookups {
  const cache = new Map<string, Found>()
  return async (drafts) => {
    if (cache.size > MAX_CACHED) cache.clear()
    const wanted = new Map<string, Question>()
    for (const { cells } of drafts)
      for (const { value } of cells)
        if (value.kind === 'wanted')
          for (const question of questionsOf(value))
            if (!cache.has(question.path)) wanted.set(question.path, question)
    const asked = [...wanted.values()]
    const answers = await fetchMany(asked.map(({ path }) => path))
    asked.forEach((question, at) => {
      const answer = answers[at]
      if (answer) cache.set(question.path, readAnswer(question, answer))
    })
    const ready = drafts.map((draft) => readyRow(draft, cache))
    for (const { path } of asked) if (!isHit(cache.get(path))) cache.delete(path)
    return ready
  }
}

interface Question {
  readonly path: string
  readonly target: TargetTable
  /** Folded text of a name that more than one row may have. */
  readonly name: { readonly property: string; readonly text: string } | undefined
}

function questionsOf({ targets, by, value, path }: LookupWanted): Question[] {
  return targets.map((target) => {
    const { entitySet, primaryKey } = target
    if (path !== undefined)
      return { target, name: undefined, path: `${entitySet}${path}?$select=${primaryKey}` }
    if (!by) return { target, name: undefined, path: `${entitySet}(${textOf(value)})?$select=${primaryKey}` }
    const { property } = by.column
    const literal = encodeURIComponent(keyLiteral(value, by.column))
    if (by.unique)
      return {
        target,
        name: undefined,
        path: `${entitySet}(${by.column.type === 'guid' ? literal : `${property}=${literal}`})?$select=${primaryKey}`,
      }
    return {
      target,
      name: { property, text: foldedText(textOf(value)) },
      path: `${entitySet}?$select=${primaryKey},${property}&$filter=${property}%20eq%20${literal}&$top=${MAX_NAMESAKES}`,
    }
  })
}

function textOf(value: CheckedValue): string {
  return value.kind === 'text' ? value.text : value.kind === 'number' ? value.digits : ''
}

type Found =
  | { readonly kind: 'ids'; readonly ids: readonly string[]; readonly more: boolean }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }

/** Only these are kept: a row that is missing now may be made by this very run. */
function isHit(found: Found | undefined): boolean {
  return found?.kind === 'ids' && found.ids.length > 0
}

/** The service's `eq` takes `%` and `_` for wildcards, so names are compared once more here. */
function readAnswer({ target, name }: Question, answer: Fetched): Found {
  if (isMissing(answer)) return { kind: 'ids', ids: [], more: false }
  if (answer.kind === 'refused') return { kind: 'refused', code: answer.code, message: answer.message }
  if (!name) return { kind: 'ids', ids: idsOf([answer.body], target), more: false }
  const rows = Array.isArray(answer.body.value) ? answer.body.value.filter(isRecord) : []
  const same = rows.filter((row) => foldedText(String(row[name.property] ?? '')) === name.text)
  return { kind: 'ids', ids: idsOf(same, target), more: rows.length >= MAX_NAMESAKES }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function idsOf(rows: readonly Readonly<Record<string, unknown>>[], { primaryKey }: TargetTable): string[] {
  return rows.flatMap((row) => {
    const id = row[primaryKey]
    return typeof id === 'string' ? [id.toLowerCase()] : []
  })
}

function readyRow(draft: DraftRow, cache: ReadonlyMap<string, Found>): ReadyRow | RejectedRow {
  const cells: Cell[] = []
  for (const { column, value } of draft.cells) {
    const found = value.kind === 'wanted' ? choose(value, cache) : value
    if ('code' in found)
      return {
        kind: 'rejected',
        row: draft.row,
        input: draft.input,
        code: found.code,
        message: `${column.name}: ${found.message}`,
        column: column.name,
      }
    cells.push({ column, value: found })
  }
  return { kind: 'ready', row: draft.row, input: draft.input, key: draft.key, cells }
}

function choose(
  wanted: LookupWanted,
  cache: ReadonlyMap<string, Found>,
): LookupValue | { readonly code: string; readonly message: string } {
  const hits: LookupValue[] = []
  let more = false
  for (const { path, target } of questionsOf(wanted)) {
    const found = cache.get(path)
    if (found?.kind === 'refused') return found
    for (const id of found?.ids ?? []) hits.push({ kind: 'lookup', id, target })
    more ||= found?.more ?? false
  }
  const [only] = hits
  if (only && hits.length === 1 && !more) return only
  const where = wanted.targets.map(({ table }) => table).join(' or ')
  const by = wanted.by ? ` with ${wanted.by.column.name}` : ''
  if (hits.length === 0 && !more)
    return { code: REJECT_CODES.lookupMissing, message: `there is no ${where}${by} ${shown(wanted.shown)}.` }
  return {
    code: REJECT_CODES.lookupAmbiguous,
    message: `more than one ${where} exists${by} ${shown(wanted.shown)}; give the id.`,
  }
}
