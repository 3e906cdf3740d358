import fc from 'fast-check'
import { DAYS, DECIMALS, HALVES, INTEGERS, LONGS, MOMENTS, PATTERN_TEXTS, TEXTS } from './hostile-values.ts'

/**
 * A generated environment: tables with every type of column and rows of hostile values, as plain data. The sandbox and a
 * DuckDB of the tests are both filled from it, so that neither is asked what is right.
 */
export interface World {
  readonly tables: readonly WorldTable[]
}

export interface WorldTable {
  readonly name: string
  readonly set: string
  readonly key: string
  readonly label: string
  readonly columns: readonly WorldColumn[]
  readonly rows: readonly WorldRow[]
}

export type Kind =
  | 'guid'
  | 'text'
  | 'memo'
  | 'integer'
  | 'bigint'
  | 'decimal'
  | 'double'
  | 'money'
  | 'boolean'
  | 'choice'
  | 'choices'
  | 'lookup'
  | 'day'
  | 'moment'
  | 'independent'

export interface WorldColumn {
  readonly name: string
  readonly kind: Kind
  /** Digits after the point. */
  readonly precision?: number
  /** Labels by value, of choices and yes/no. */
  readonly labels?: Readonly<Record<number, string>>
  /** Tables a lookup may point to. */
  readonly targets?: readonly string[]
  /** Is it filled in every row? */
  readonly filled?: boolean
}

/** By column; numbers as digits, lookups as `table:id`, multi-selects as numbers. */
export type WorldRow = Readonly<Record<string, WorldValue>>
export type WorldValue = string | boolean | number | readonly number[] | null

/** A world and the chance it was drawn from: the same for the same seed. */
export function worldOf(seed: number): World {
  const [world] = fc.sample(worlds, { seed, numRuns: 1 })
  if (!world) throw new Error('nothing was generated')
  return world
}

export function tableNamed({ tables }: World, name: string): WorldTable {
  const found = tables.find((table) => table.name === name)
  if (!found) throw new Error(`The world has no table ${name}.`)
  return found
}

const STAGES = { 1: 'Open', 2: 'Won', 3: 'Lost', 7: 'Ópen', 9: '100% [done]' }
const RATINGS = { 1: 'Hot', 2: 'Cold', 5: 'cold' }
const TAGS = { 1: 'New', 2: 'Hot', 3: 'Old', 8: 'Rare', 11: 'Sold, out' }

interface Declared {
  readonly name: string
  readonly set: string
  readonly rows: number
  readonly columns: readonly WorldColumn[]
}

/** What differs from world to world. */
interface Shape {
  readonly ratio: number
  readonly money: number
  readonly more: readonly Kind[]
}

/** Parents before children: a lookup points to rows that are there. */
function declarations({ ratio, money, more }: Shape): readonly Declared[] {
  return [
    {
      name: 'agree_customer',
      set: 'agree_customers',
      rows: 14,
      columns: [
        { name: 'agree_name', kind: 'text' },
        { name: 'agree_seq', kind: 'integer', filled: true },
        { name: 'agree_city', kind: 'text' },
        { name: 'agree_rating', kind: 'choice', labels: RATINGS },
        { name: 'agree_vip', kind: 'boolean', labels: { 0: 'No', 1: 'Yes' } },
        { name: 'agree_since', kind: 'day' },
        { name: 'agree_limit', kind: 'money', precision: money },
        { name: 'agree_parentid', kind: 'lookup', targets: ['agree_customer'] },
      ],
    },
    {
      name: 'agree_vendor',
      set: 'agree_vendors',
      rows: 6,
      columns: [
        { name: 'agree_name', kind: 'text' },
        { name: 'agree_seq', kind: 'integer', filled: true },
        { name: 'agree_score', kind: 'integer' },
      ],
    },
    {
      name: 'agree_order',
      set: 'agree_orders',
      rows: 48,
      columns: [
        { name: 'agree_name', kind: 'text' },
        { name: 'agree_seq', kind: 'integer', filled: true },
        { name: 'agree_note', kind: 'memo' },
        { name: 'agree_count', kind: 'integer' },
        { name: 'agree_big', kind: 'bigint' },
        { name: 'agree_ratio', kind: 'decimal', precision: ratio },
        { name: 'agree_weight', kind: 'double', precision: 5 },
        { name: 'agree_total', kind: 'money', precision: money },
        { name: 'agree_flag', kind: 'boolean', labels: { 0: 'Off', 1: 'On' } },
        { name: 'agree_stage', kind: 'choice', labels: STAGES },
        { name: 'agree_tags', kind: 'choices', labels: TAGS },
        { name: 'agree_day', kind: 'day' },
        { name: 'agree_at', kind: 'moment' },
        { name: 'agree_local', kind: 'independent' },
        { name: 'agree_customerid', kind: 'lookup', targets: ['agree_customer'] },
        { name: 'agree_partyid', kind: 'lookup', targets: ['agree_customer', 'agree_vendor'] },
        ...more.map(
          (kind, at): WorldColumn => ({
            name: `agree_more${at + 1}`,
            kind,
            precision: 3,
            ...(kind === 'choice' ? { labels: RATINGS } : {}),
          }),
        ),
      ],
    },
    {
      name: 'agree_line',
      set: 'agree_lines',
      rows: 60,
      columns: [
        { name: 'agree_name', kind: 'text' },
        { name: 'agree_seq', kind: 'integer', filled: true },
        { name: 'agree_orderid', kind: 'lookup', targets: ['agree_order'] },
        { name: 'agree_vendorid', kind: 'lookup', targets: ['agree_vendor'] },
        { name: 'agree_quantity', kind: 'integer' },
        { name: 'agree_price', kind: 'money', precision: 2 },
        { name: 'agree_shipped', kind: 'moment' },
      ],
    },
  ]
}

const MORE_KINDS = ['text', 'integer', 'decimal', 'money', 'day', 'moment', 'independent', 'choice'] as const

const worlds: fc.Arbitrary<World> = fc
  .record({
    ratio: fc.integer({ min: 0, max: 10 }),
    money: fc.integer({ min: 0, max: 4 }),
    more: fc.array(fc.constantFrom(...MORE_KINDS), { minLength: 1, maxLength: 3 }),
  })
  .chain((shape) => {
    const declared = declarations(shape)
    const ids = new Map(declared.map(({ name, rows }, at) => [name, idsOf(at, rows)]))
    return fc.tuple(...declared.map((one) => rowsOf(one, ids))).map((rows) => ({
      tables: declared.map(({ name, set, columns }, at) => ({
        name,
        set,
        key: `${name}id`,
        label: 'agree_name',
        columns: [{ name: `${name}id`, kind: 'guid' as const, filled: true }, ...columns],
        rows: rows[at] ?? [],
      })),
    }))
  })

/** Ids whose order as bytes is not the order of SQL Server's uniqueidentifier. */
function idsOf(table: number, rows: number): readonly string[] {
  return Array.from({ length: rows }, (_, row) => {
    const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')
    return `${hex((row * 2_654_435_761) % 2 ** 32, 8)}-000${table + 1}-4000-8000-${hex((rows - row) * 65_537, 12)}`
  })
}

function rowsOf(
  { name, rows, columns }: Declared,
  ids: ReadonlyMap<string, readonly string[]>,
): fc.Arbitrary<WorldRow[]> {
  const own = ids.get(name) ?? []
  const values = columns.filter((column) => column.name !== 'agree_seq')
  const cells = values.map((column) => {
    const cell = cellOf(column, ids)
    return column.kind === 'boolean' ? cell : fc.option(cell, { freq: 6, nil: null })
  })
  return fc.array(fc.tuple(...cells), { minLength: rows, maxLength: rows }).map((drawn) =>
    drawn.map((row, at) => ({
      [`${name}id`]: own[at] ?? null,
      agree_seq: String(at * 3 - 20),
      ...Object.fromEntries(values.map((column, index) => [column.name, row[index] ?? null])),
    })),
  )
}

function cellOf(
  { kind, precision = 0, labels = {}, targets = [] }: WorldColumn,
  ids: ReadonlyMap<string, readonly string[]>,
): fc.Arbitrary<WorldValue> {
  switch (kind) {
    case 'text':
      return fc.constantFrom(...TEXTS, ...PATTERN_TEXTS)
    case 'memo':
      return fc.constantFrom(...TEXTS, 'two\nlines', 'x'.repeat(1500))
    case 'integer':
      return fc.oneof(fc.constantFrom(...INTEGERS), fc.integer({ min: -9, max: 9 }).map(String))
    case 'bigint':
      return fc.constantFrom(...LONGS)
    case 'decimal':
    case 'money':
      return fc.constantFrom(...DECIMALS).map((digits) => withPrecision(digits, precision))
    case 'double':
      return fc.constantFrom(...HALVES)
    case 'boolean':
      return fc.boolean()
    case 'choice':
      return fc.constantFrom(...Object.keys(labels))
    case 'choices':
      return fc
        .uniqueArray(fc.constantFrom(...Object.keys(labels).map(Number)), { minLength: 1, maxLength: 4 })
        .map((list) => list.toSorted((a, b) => a - b))
    case 'lookup':
      return fc.constantFrom(...targets).chain((target) => {
        const known = ids.get(target) ?? []
        // Some rows are pointed to often and some never.
        return fc
          .constantFrom(...known.slice(0, Math.ceil(known.length * 0.7)))
          .map((id) => `${target}:${id}`)
      })
    case 'day':
      return fc.constantFrom(...DAYS)
    case 'moment':
    case 'independent':
      return fc.constantFrom(...MOMENTS)
    case 'guid':
      throw new Error('the ids of rows are not drawn')
  }
}

/** Digits cut to what the column keeps, so that nothing is rounded on the way. */
export function withPrecision(digits: string, precision: number): string {
  const [whole = '0', fraction = ''] = digits.split('.')
  const kept = fraction.slice(0, precision)
  return kept === '' ? whole.replace(/^-0$/, '0') : `${whole}.${kept}`
}
