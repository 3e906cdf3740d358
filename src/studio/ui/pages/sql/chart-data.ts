import { isNumeric, printValue, type Result } from '../../grid/result-grid.tsx'

/** A picture of a result: one text for each thing, and its number. */
export const CHART_KINDS = ['bar', 'line', 'pie'] as const
export type ChartKind = (typeof CHART_KINDS)[number]

export interface ChartPoint {
  readonly label: string
  readonly value: number
}

export interface ChartData {
  readonly points: readonly ChartPoint[]
  /** Rows that are not drawn: without a number, or more than a picture has room for. */
  readonly left: number
}

/** More than these are no picture any more. */
const MOST: Readonly<Record<ChartKind, number>> = { bar: 40, line: 2000, pie: 12 }

/** Columns whose values may be drawn, by their place. */
export function valueColumns({ columns }: Result): readonly number[] {
  return columns.flatMap(({ type }, at) => (isNumeric(type) ? [at] : []))
}

/** The first column that is no number; else the first one. */
export function labelColumn(result: Result): number {
  return Math.max(
    0,
    result.columns.findIndex(({ type }) => !isNumeric(type)),
  )
}

export function chartData(
  { rows }: Result,
  { kind, label, value }: { readonly kind: ChartKind; readonly label: number; readonly value: number },
): ChartData {
  const numbers = rows.flatMap((row): ChartPoint[] => {
    const given = row[value]
    const number = given === null || given === undefined ? Number.NaN : Number(given)
    if (!Number.isFinite(number) || (kind === 'pie' && number <= 0)) return []
    return [{ label: printValue(row[label] ?? null) || '(none)', value: number }]
  })
  const points = numbers.slice(0, MOST[kind])
  return { points, left: rows.length - points.length }
}

/** Round numbers along an axis, from the least to the greatest value, 0 among them. */
export function ticksFor(values: readonly number[]): readonly number[] {
  const low = Math.min(0, ...values)
  const high = Math.max(0, ...values)
  const span = high - low || 1
  const rough = span / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((times) => times * power).find((size) => size >= rough) ?? rough
  const first = Math.floor(low / step)
  const last = Math.ceil(high / step)
  return Array.from({ length: last - first + 1 }, (_, at) => (first + at) * step)
}
