import { tokens } from '@fluentui/react-components'
import { linkTo } from '../../app/router.ts'
import type { GridColumn } from '../../grid/columns.ts'
import { isNumeric, printValue, type Result } from '../../grid/result-grid.tsx'
import type { Column, Table } from './table.ts'

type Row = Result['rows'][number]

export interface RowColumn extends GridColumn<Row> {
  /** The row that a lookup points to. */
  readonly follow?: (row: Row) => { readonly table: string; readonly id: string } | undefined
}

export interface RowColumnsOptions {
  readonly columns: readonly string[]
  /** Columns of the rows as they came. */
  readonly from: Result['columns']
  /** Values as they are stored: numbers of choices, ids of lookups. */
  readonly raw: boolean
}

/** Columns as people see them, or as they are stored; a lookup is a link to its row. */
export function rowColumns(table: Table, { columns, from, raw }: RowColumnsOptions): readonly RowColumn[] {
  const place = new Map(from.map(({ name }, at) => [name, at]))
  return columns.flatMap((name): RowColumn[] => {
    const column = table.columns.find((one) => one.name === name)
    const at = place.get(name)
    if (!column || at === undefined) return []
    const shown = rowColumn(column, { at, place, from, raw })
    return [name === table.primaryName ? { ...shown, width: NAME_WIDTH } : shown]
  })
}

interface Placed extends Pick<RowColumnsOptions, 'from' | 'raw'> {
  readonly at: number
  readonly place: ReadonlyMap<string, number>
}

function rowColumn(column: Column, { at, place, from, raw }: Placed): RowColumn {
  const { name, label, targets } = column
  const labelAt = place.get(`${name}name`)
  const typeAt = place.get(`${name}type`)
  const stored = (row: Row): string => printValue(row[at] ?? null)
  const text = (row: Row): string => {
    const shown = raw || labelAt === undefined ? undefined : row[labelAt]
    return typeof shown === 'string' ? shown : raw ? stored(row) : formatted(column, stored(row))
  }
  const follow = (row: Row): { table: string; id: string } | undefined => {
    const id = row[at]
    const table = typeAt === undefined ? targets?.[0]?.table : row[typeAt]
    return typeof id === 'string' && typeof table === 'string' ? { table, id } : undefined
  }
  const cell = (row: Row) => {
    if (row[at] === null || row[at] === undefined) return <span style={NONE}>–</span>
    const target = targets ? follow(row) : undefined
    if (!target) return <span dir="auto">{text(row)}</span>
    return (
      <a href={linkTo('row', [target.table, target.id])} tabIndex={-1} dir="auto">
        {text(row)}
      </a>
    )
  }
  return {
    id: name,
    title: label,
    detail: name,
    align: isNumeric(from[at]?.type ?? '') && labelAt === undefined ? 'end' : 'start',
    width: Math.min(280, Math.max(120, label.length * 9 + 24)),
    text,
    cell,
    ...(targets ? { follow } : {}),
  }
}

/** Names of rows are read, not only recognised. */
const NAME_WIDTH = 260

const NONE = { color: tokens.colorNeutralForeground3 }

const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' })

/** Dates and numbers in the words of the reader; exact values stay as they are in the raw view and in exports. */
function formatted({ type, timeZoneIndependent }: Column, stored: string): string {
  if (stored === '') return ''
  if (type === 'date') return DAY.format(new Date(`${stored.slice(0, 10)}T00:00:00Z`))
  if (type === 'datetime' && !timeZoneIndependent) return MOMENT.format(new Date(stored))
  if (type === 'money' || type === 'decimal') return grouped(stored)
  return stored
}

/** Digits in groups of three, none of them lost. */
function grouped(digits: string): string {
  const [whole = '', rest] = digits.split('.')
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${rest === undefined ? '' : `.${rest}`}`
}
