import { makeStyles, tokens } from '@fluentui/react-components'
import { useMemo } from 'react'
import type { GridColumn } from './columns.ts'
import { DataGrid, type DataGridProps } from './data-grid.tsx'

/** A value as it comes from the server: decimals and 64-bit integers are text. */
export type ResultValue =
  | string
  | number
  | boolean
  | null
  | readonly ResultValue[]
  | { readonly [name: string]: ResultValue }

export interface Result {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly ResultValue[])[]
}

type ResultRow = Result['rows'][number]

/** The result of a SQL statement as a grid: types below the names, numbers at the end, no value told from an empty one. */
export function ResultGrid({
  result,
  ...rest
}: { readonly result: Result } & Omit<DataGridProps<ResultRow>, 'columns' | 'rows'>) {
  const styles = useStyles()
  const columns = useMemo(
    () =>
      result.columns.map(
        ({ name, type }, index): GridColumn<ResultRow> => ({
          // Two columns of a result may have one name.
          id: `${index} ${name}`,
          title: name,
          detail: type.toLowerCase(),
          align: isNumeric(type) ? 'end' : 'start',
          width: widthFor(result, index),
          text: (row) => printValue(row[index] ?? null),
          ...(isNumeric(type) ? { compare: (one, other) => compareNumbers(one[index], other[index]) } : {}),
          cell: (row) =>
            row[index] === null || row[index] === undefined ? (
              <span className={styles.none}>null</span>
            ) : (
              printValue(row[index])
            ),
        }),
      ),
    [result, styles.none],
  )
  return <DataGrid {...rest} columns={columns} rows={result.rows} />
}

export function printValue(value: ResultValue): string {
  if (value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

export const isNumeric = (type: string): boolean =>
  /^(U?(TINY|SMALL|BIG|HUGE)?INT|INTEGER|UINTEGER|DECIMAL|DOUBLE|FLOAT|REAL)\b/i.test(type)

/** Close enough for an order; rows without a value come first. */
function compareNumbers(one: ResultValue | undefined, other: ResultValue | undefined): number {
  const size = (value: ResultValue | undefined) =>
    value === null || value === undefined ? Number.NEGATIVE_INFINITY : Number(value)
  const [left, right] = [size(one), size(other)]
  return left === right ? 0 : left < right ? -1 : 1
}

/** Wide enough for the title and the first rows, in pixels. */
function widthFor({ columns, rows }: Result, index: number): number {
  const longest = rows
    .slice(0, 50)
    .reduce(
      (most, row) => Math.max(most, printValue(row[index] ?? null).length),
      Math.max(columns[index]?.name.length ?? 0, (columns[index]?.type.length ?? 0) * 0.8) + 2,
    )
  return Math.round(Math.min(420, Math.max(72, longest * 8 + 20)))
}

const useStyles = makeStyles({
  none: { color: tokens.colorNeutralForeground3, fontStyle: 'italic' },
})
