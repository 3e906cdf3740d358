import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { collationKey, compareGuids } from '../collation.ts'
import { createSeededStore } from '../seed/index.ts'
import type { Deletion, StoredRow } from './store.ts'

/** Ids whose order as text, as bytes and as uniqueidentifier differ. */
const IDS = Array.from({ length: 60 }, (_, number) => {
  const two = (factor: number): string => ((number * factor) % 251).toString(16).padStart(2, '0')
  return `${two(7)}${two(11)}0000-${two(13)}00-4000-80${two(17)}-0000000000${two(number % 3)}`
}).filter((id, index, all) => all.indexOf(id) === index)

const NAMES = ['Contoso', 'CONTOSO', 'cöntoso ', 'Litware', '', undefined] as const
const PARENTS = [IDS[0], IDS[1], undefined] as const

const cells = fc.record({
  name: fc.constantFrom(...NAMES),
  primarycontactid: fc.constantFrom(...PARENTS),
  accountnumber: fc.constantFrom('1', '2', undefined),
})
const id = fc.constantFrom(...IDS)

type Action =
  | { readonly kind: 'insert' | 'update'; readonly id: string; readonly row: StoredRow }
  | { readonly kind: 'delete'; readonly id: string }
  | { readonly kind: 'read' }
  | { readonly kind: 'transaction'; readonly actions: readonly Action[]; readonly fails: boolean }

const { actions } = fc.letrec<{ action: Action; actions: readonly Action[] }>((tie) => ({
  action: fc.oneof(
    { maxDepth: 3 },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('insert' as const), id, row: cells }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('update' as const), id, row: cells }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), id }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('read' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('transaction' as const),
        actions: tie('actions'),
        fails: fc.boolean(),
      }),
    },
  ),
  actions: fc.array(tie('action'), { maxLength: 40 }),
}))

interface Model {
  readonly rows: ReadonlyMap<string, StoredRow>
  readonly deletions: readonly Deletion[]
}

class Rollback extends Error {}

/** The store and the simplest thing that could be right, side by side. */
function runner() {
  const store = createSeededStore({ empty: true })
  const table = store.table('account')
  let model: Model = { rows: new Map(), deletions: [] }
  let version = store.version

  const write = (change: (rows: Map<string, StoredRow>) => void, deletion?: string): void => {
    version++
    const rows = new Map(model.rows)
    change(rows)
    const deletions = deletion === undefined ? [] : [{ id: deletion, version }]
    model = { rows, deletions: [...model.deletions, ...deletions] }
  }

  const run = (action: Action): void => {
    switch (action.kind) {
      case 'read':
        table.rowsByKey()
        return
      case 'transaction':
        runTransaction(action.actions, action.fails)
        return
      case 'insert': {
        const row = { ...action.row, accountid: action.id }
        if (model.rows.has(action.id)) {
          expect(() => table.insert(row)).toThrow(`account ${action.id} exists already.`)
          return
        }
        table.insert(row)
        write((rows) => rows.set(action.id, { ...row, versionnumber: version }))
        return
      }
      case 'update': {
        const before = model.rows.get(action.id)
        if (!before) {
          expect(() => table.update(action.id, {})).toThrow(`account ${action.id} does not exist.`)
          return
        }
        table.update(action.id, action.row)
        write((rows) => rows.set(action.id, { ...before, ...action.row, versionnumber: version }))
        return
      }
      case 'delete':
        if (!model.rows.has(action.id)) {
          expect(() => table.delete(action.id)).toThrow(`account ${action.id} does not exist.`)
          return
        }
        table.delete(action.id)
        write((rows) => rows.delete(action.id), action.id)
    }
  }

  const runTransaction = (list: readonly Action[], fails: boolean): void => {
    const before = model
    try {
      store.transaction(() => {
        for (const action of list) run(action)
        if (fails) throw new Rollback()
      })
    } catch (error) {
      if (!(error instanceof Rollback)) throw error
      model = before
    }
  }

  const check = (): void => {
    const rows = [...model.rows.values()].sort((a, b) =>
      compareGuids(String(a.accountid), String(b.accountid)),
    )
    expect(table.size).toBe(rows.length)
    expect(table.rowsByKey()).toEqual(rows)
    expect(store.version).toBe(version)
    for (const one of IDS) {
      expect(table.get(one)).toEqual(model.rows.get(one))
      const later = rows.filter((row) => compareGuids(String(row.accountid), one) > 0)
      expect(table.positionAfter(one)).toBe(rows.length - later.length)
    }
    for (const parent of PARENTS)
      if (parent !== undefined)
        expect(new Set(table.rowsByLookup('primarycontactid', parent))).toEqual(
          new Set(rows.filter((row) => row.primarycontactid === parent)),
        )
    for (const name of ['contoso', 'LITWARE', ''])
      for (const accountnumber of ['1', '2']) {
        const found = table.rowByKey(['name', 'accountnumber'], [name, accountnumber])
        const fitting = rows.filter(
          (row) =>
            row.name !== undefined &&
            collationKey(String(row.name)) === name.toLowerCase() &&
            row.accountnumber === accountnumber,
        )
        if (fitting.length === 0) expect(found).toBeUndefined()
        else expect(fitting).toContainEqual(found)
      }
    const { deletions } = model
    for (const from of [0n, ...deletions.map((deletion) => deletion.version)])
      expect(table.deletionsSince(from)).toEqual(deletions.filter((deletion) => deletion.version > from))
  }
  return { runTransaction, check }
}

describe('whatever is written, in transactions that succeed, fail and nest,', () => {
  test('rows, their order, lookups, keys and deletions are those of a plain list', () => {
    fc.assert(
      fc.property(fc.array(actions, { maxLength: 5 }), fc.boolean(), (rounds, fails) => {
        const { runTransaction, check } = runner()
        for (const round of rounds) {
          runTransaction(round, fails)
          runTransaction(round, false)
          check()
        }
      }),
      { seed: 365, numRuns: 150 },
    )
  })

  test('the same holds where many writes come between two readings', () => {
    const { runTransaction, check } = runner()
    const insert = (one: string): Action => ({ kind: 'insert', id: one, row: { name: one } })
    const shuffled = [...IDS].sort((a, b) => (a.slice(2) < b.slice(2) ? -1 : 1))
    runTransaction(shuffled.slice(0, 20).map(insert), false)
    check()
    runTransaction(shuffled.slice(20).map(insert), false)
    check()
    runTransaction(
      shuffled.slice(5, 50).map((one) => ({ kind: 'delete', id: one })),
      true,
    )
    check()
    runTransaction(
      shuffled.slice(5, 50).flatMap((one): Action[] => [{ kind: 'delete', id: one }, insert(one)]),
      false,
    )
    check()
  })
})

describe('a transaction', () => {
  test('gives what the work gives', () => {
    expect(createSeededStore({ empty: true }).transaction(() => 42)).toBe(42)
  })

  test('takes more writes than a call takes arguments, and undoes them with the one around it', () => {
    const store = createSeededStore({ empty: true })
    const table = store.table('account')
    const outer = () =>
      store.transaction(() => {
        store.transaction(() => {
          for (let number = 0; number < 150_000; number++)
            table.insert({ accountid: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}` })
        })
        throw new Error('no')
      })
    expect(outer).toThrow('no')
    expect(table.size).toBe(0)
    expect(table.rowsByKey()).toEqual([])
  })
})

test('a table that the schema lacks is refused by name', () => {
  expect(() => createSeededStore({ empty: true }).table('accounts')).toThrow(
    'The sandbox has no table accounts.',
  )
})

test('composite keys keep their parts apart', () => {
  const store = createSeededStore({ empty: true })
  const table = store.table('account')
  const columns = ['name', 'accountnumber']
  store.transaction(() => {
    table.insert({ accountid: IDS[0], name: 'a\u0000sb', accountnumber: 'c' })
    table.insert({ accountid: IDS[1], name: '1', accountnumber: 's1:1' })
  })
  expect(table.rowByKey(columns, ['a', 'b\u0000sc'])).toBeUndefined()
  expect(table.rowByKey(columns, ['1s1:s1:1', ''])).toBeUndefined()
  expect(table.rowByKey(columns, ['A\u0000SB', 'C '])?.accountid).toBe(IDS[0])
})
