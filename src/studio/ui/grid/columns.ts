import type { ReactNode } from 'react'

/** One column of a grid over rows of type R. */
export interface GridColumn<R> {
  readonly id: string
  readonly title: string
  /** Small words below the title, e.g. the type. */
  readonly detail?: string
  /** Numbers stand at the end. Default `start`. */
  readonly align?: 'start' | 'end'
  /** In pixels. Default 180. */
  readonly width?: number
  /** What is copied, and shown unless `cell` says otherwise. */
  readonly text: (row: R) => string
  readonly cell?: (row: R) => ReactNode
  /** Order of two rows by this column. Default: by their text, numbers in it by their size. */
  readonly compare?: (one: R, other: R) => number
}

export interface GridSort {
  readonly column: string
  readonly descending: boolean
}

export const DEFAULT_WIDTH = 180

const words = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })

/** In the order asked for; rows that are equal stay as they came. */
export function sortRows<R>(
  rows: readonly R[],
  { columns, by }: { readonly columns: readonly GridColumn<R>[]; readonly by: GridSort | undefined },
): readonly R[] {
  const column = columns.find(({ id }) => id === by?.column)
  if (!by || !column) return rows
  const compare = compareBy(column)
  return rows.toSorted(by.descending ? (one, other) => compare(other, one) : compare)
}

function compareBy<R>({ compare, text }: GridColumn<R>): (one: R, other: R) => number {
  return compare ?? ((one, other) => words.compare(text(one), text(other)))
}
