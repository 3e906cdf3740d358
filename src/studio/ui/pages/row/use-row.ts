import type { ResultValue } from '../../grid/result-grid.tsx'
import type { Output } from '../../server/call.ts'

export type RowValues = Output<'row.read'>['values']
/** What was changed: columns with their new values as text; null for none. */
export type Edits = Readonly<Record<string, string | null>>

/** A stored value as a form shows it. */
export function textOf(value: ResultValue | undefined): string {
  if (value === null || value === undefined) return ''
  return Array.isArray(value) ? value.join(',') : String(value)
}

/** What a column shows now: what was entered, else what is stored. */
export function shownText(name: string, values: RowValues, edits: Edits): string {
  return name in edits ? (edits[name] ?? '') : textOf(values[name])
}
