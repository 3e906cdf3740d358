import type { Column } from '../../catalog/table.ts'

/** A value that fits its column, in the form it is sent; or the reason why it does not fit. */
export type CheckedValue =
  | { readonly kind: 'null' }
  /** Strings, GUIDs, dates, and multi-selects as `1,2`. */
  | { readonly kind: 'text'; readonly text: string }
  /** Plain exact digits. */
  | { readonly kind: 'number'; readonly digits: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | LookupValue

export interface LookupValue {
  readonly kind: 'lookup'
  readonly id: string
  readonly target: TargetTable
}

/** A table a lookup may point to, with what is needed to bind to it. */
export interface TargetTable {
  readonly table: string
  readonly navigation: string
  readonly entitySet: string
  readonly primaryKey: string
}

/** A lookup whose row has to be found first. */
export interface LookupWanted {
  readonly kind: 'wanted'
  /** Tables to look in; the row must be in exactly one. */
  readonly targets: readonly TargetTable[]
  /** Column of the target that is compared; undefined: its primary key. */
  readonly by: { readonly column: Column; readonly unique: boolean } | undefined
  readonly value: CheckedValue
  /** Key part of the URL, of a key of several columns. */
  readonly path?: string
  /** The value as people wrote it. */
  readonly shown: string
}

export interface Fault {
  readonly kind: 'fault'
  readonly message: string
}

export const NULL_VALUE: CheckedValue = { kind: 'null' }

export function fault(message: string): Fault {
  return { kind: 'fault', message }
}

/** A value for a message: quoted, and cut where it is long. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : String(value)
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
