import { describe, expect, test } from 'vitest'
import type { ColumnDefinition } from '../schema.ts'
import type { MemoryStore } from '../store/memory-store.ts'
import { createSchema } from '../store/schema-index.ts'
import { type Cell, DECIMAL_SCALE, MONEY_SCALE, type StoredRow } from '../store/store.ts'
import { createSeededStore } from './index.ts'
import { sandboxSchema } from './schema.ts'

const schema = createSchema(sandboxSchema)
const store = createSeededStore()

const rowsOf = (from: MemoryStore, table: string): readonly StoredRow[] => from.table(table).rowsByKey()

/** One line for each cell of the store that `complaint` has something to say about. */
function complaintsOf(
  from: MemoryStore,
  complaint: (cell: Cell, column: ColumnDefinition, row: StoredRow) => string | undefined,
): string[] {
  return from.schema.tables.flatMap(({ logicalName, columns }) =>
    rowsOf(from, logicalName).flatMap((row) =>
      columns.flatMap((column) => {
        const cell = row[column.logicalName]
        const said = cell === undefined ? undefined : complaint(cell, column, row)
        return said === undefined ? [] : `${logicalName}.${column.logicalName} ${String(cell)}: ${said}`
      }),
    ),
  )
}

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/
const DAY = /^\d{4}-\d\d-\d\d$/

const isWithin = (value: number, { min = -Infinity, max = Infinity }: ColumnDefinition): boolean =>
  value >= min && value <= max

function misfit(cell: Cell, column: ColumnDefinition): string | undefined {
  const { type, maxLength = Infinity, options = [], precision = 0 } = column
  const known = (value: unknown): boolean => options.some((option) => option.value === value)
  const say = (fits: boolean): string | undefined => (fits ? undefined : `does not fit ${type}`)
  switch (type) {
    case 'String':
    case 'Memo':
      return say(typeof cell === 'string' && cell !== '' && cell.length <= maxLength)
    case 'EntityName':
      return say(typeof cell === 'string' && schema.table(cell) !== undefined)
    case 'Integer':
      return say(typeof cell === 'number' && Number.isInteger(cell) && isWithin(cell, column))
    case 'Double':
      return say(typeof cell === 'number' && isWithin(cell, column))
    case 'BigInt':
      return say(typeof cell === 'bigint')
    case 'Decimal':
    case 'Money': {
      const scale = type === 'Money' ? MONEY_SCALE : DECIMAL_SCALE
      if (typeof cell !== 'bigint') return say(false)
      const digits = column.baseOf === undefined ? precision : scale
      return say(cell % 10n ** BigInt(scale - digits) === 0n && isWithin(Number(cell) / 10 ** scale, column))
    }
    case 'Boolean':
      return say(typeof cell === 'boolean')
    case 'Picklist':
    case 'State':
    case 'Status':
      return say(known(cell))
    case 'MultiSelectPicklist': {
      const values = String(cell).split(',').map(Number)
      return say(
        typeof cell === 'string' &&
          values.every(known) &&
          values.every((one, at) => one > (values[at - 1] ?? -1)),
      )
    }
    case 'DateTime':
      return say(typeof cell === 'string' && (column.dateBehavior === 'DateOnly' ? DAY : MOMENT).test(cell))
    case 'Uniqueidentifier':
    case 'Lookup':
    case 'Customer':
    case 'Owner':
    case 'File':
    case 'Image':
      return say(typeof cell === 'string' && GUID.test(cell))
    default:
      return 'is a column that keeps nothing'
  }
}

function strayLookup(from: MemoryStore) {
  return (cell: Cell, { logicalName, targets }: ColumnDefinition, row: StoredRow): string | undefined => {
    if (!targets) return undefined
    const named = row[`${logicalName}@table`]
    if (targets.length > 1 && named === undefined) return 'does not say which table it points to'
    const target = String(named ?? targets[0])
    if (!targets.includes(target)) return `points to ${target}, which is not one of its targets`
    return from.table(target).get(String(cell)) ? undefined : `points to no row of ${target}`
  }
}

describe('the seeded rows', () => {
  test('are there, for everything people try first', () => {
    const sizes = Object.fromEntries(
      schema.tables.map(({ logicalName }) => [logicalName, rowsOf(store, logicalName).length]),
    )
    for (const table of [
      'account',
      'contact',
      'lead',
      'opportunity',
      'incident',
      'task',
      'email',
      'systemuser',
      'team',
    ])
      expect([table, sizes[table]]).not.toEqual([table, 0])
    expect(sizes.account).toBeGreaterThanOrEqual(100)
    expect(sizes.contact).toBeGreaterThanOrEqual(250)
  })

  test('have only columns that the schema has', () => {
    const unknown = schema.tables.flatMap(({ logicalName }) => {
      const names = new Set(rowsOf(store, logicalName).flatMap((row) => Object.keys(row)))
      return [...names]
        .filter((name) => !schema.column(logicalName, name.replace(/@table$/, '')))
        .map((name) => `${logicalName}.${name}`)
    })
    expect(unknown).toEqual([])
  })

  test('fit their columns', () => {
    expect(complaintsOf(store, misfit)).toEqual([])
  })

  test('point only to rows that are there', () => {
    expect(complaintsOf(store, strayLookup(store))).toEqual([])
  })

  test('have a status that belongs to their state', () => {
    const wrong = complaintsOf(store, (cell, { type, options = [] }, row) =>
      type !== 'Status' || options.some(({ value, state }) => value === cell && state === row.statecode)
        ? undefined
        : `is no status of state ${String(row.statecode)}`,
    )
    expect(wrong).toEqual([])
  })

  test('have an owner where their table has owners', () => {
    const without = schema.tables
      .filter(({ ownership }) => ownership === 'UserOwned')
      .flatMap(({ logicalName, primaryKey }) =>
        rowsOf(store, logicalName)
          .filter((row) => row.ownerid === undefined || row.owningbusinessunit === undefined)
          .map((row) => `${logicalName} ${String(row[primaryKey])}`),
      )
    expect(without).toEqual([])
  })

  test('say in which currency their money is', () => {
    const without = complaintsOf(store, (_, { type }, row) =>
      type === 'Money' && row.transactioncurrencyid === undefined ? 'has no currency' : undefined,
    )
    expect(without).toEqual([])
  })

  test('are told apart by their keys', () => {
    const twins = schema.tables.flatMap(({ logicalName, primaryKey, keys }) =>
      keys.flatMap(({ columns, schemaName }) =>
        rowsOf(store, logicalName).flatMap((row) => {
          const values = columns.map((column) => row[column])
          const bound = values.filter((value) => value !== undefined)
          if (bound.length < values.length) return []
          const found = store.table(logicalName).rowByKey(columns, bound)
          return found?.[primaryKey] === row[primaryKey]
            ? []
            : `${logicalName} ${schemaName} ${String(values)}`
        }),
      ),
    )
    expect(twins).toEqual([])
  })

  test('have ascending versions, each its own', () => {
    const versions = schema.tables.flatMap(({ logicalName }) =>
      rowsOf(store, logicalName).map((row) => row.versionnumber),
    )
    expect(new Set(versions).size).toBe(versions.length)
    expect(versions.every((version) => typeof version === 'bigint' && version <= store.version)).toBe(true)
  })
})

describe('chance', () => {
  const everything = (from: MemoryStore): unknown =>
    from.schema.tables.map(({ logicalName }) => rowsOf(from, logicalName))

  test('gives the same environment for the same seed', () => {
    const options = { seed: 7, rows: 300, table: 'contact' }
    expect(everything(createSeededStore(options))).toEqual(everything(createSeededStore(options)))
  })

  test('gives another for another seed, with the same users', () => {
    const [one, other] = [createSeededStore({ seed: 7 }), createSeededStore({ seed: 8 })]
    expect(rowsOf(one, 'account')).not.toEqual(rowsOf(other, 'account'))
    expect(rowsOf(one, 'systemuser')).toEqual(rowsOf(other, 'systemuser'))
  })
})

describe('an empty environment', () => {
  const empty = createSeededStore({ empty: true })

  test('has users, roles and a currency, and no customers', () => {
    expect(rowsOf(empty, 'account')).toEqual([])
    expect(rowsOf(empty, 'contact')).toEqual([])
    expect(rowsOf(empty, 'systemuser').length).toBeGreaterThan(0)
    expect(empty.table('transactioncurrency').get(empty.organization.baseCurrencyId)?.isocurrencycode).toBe(
      'USD',
    )
  })

  test('is whole', () => {
    expect(complaintsOf(empty, strayLookup(empty))).toEqual([])
  })
})

describe('bulk rows', () => {
  test.each(
    schema.tables
      .filter(({ kind, ownership }) => kind !== 'Intersect' && ownership !== 'None')
      .map(({ logicalName }) => logicalName),
  )('of %s fit their columns and point to rows that are there', (table) => {
    const size = Math.max(rowsOf(store, table).length, 40) + 10
    const filled = createSeededStore({ rows: size, table })
    expect(rowsOf(filled, table).length).toBe(size)
    expect(complaintsOf(filled, misfit)).toEqual([])
    expect(complaintsOf(filled, strayLookup(filled))).toEqual([])
  })
})
