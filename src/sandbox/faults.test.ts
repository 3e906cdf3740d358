import { describe, expect, test } from 'vitest'
import { createFaults } from './faults.ts'
import { readFaultRule } from './faults-reader.ts'

const slow = { kind: 'latency', ms: 5 } as const

function struckOf(rule: Parameters<ReturnType<typeof createFaults>['add']>[0], requests = 6, seed = 1) {
  const faults = createFaults({ seed })
  faults.add(rule)
  return Array.from({ length: requests }, () => faults.strike('GET', '/api/data/v9.2/accounts').length)
}

describe('which requests a rule strikes', () => {
  test('the nth matching ones', () => {
    expect(struckOf({ fault: slow, nth: [2, 5] })).toEqual([0, 1, 0, 0, 1, 0])
  })

  test('every so-manyth, and no more often than told', () => {
    expect(struckOf({ fault: slow, every: 2, times: 2 })).toEqual([0, 1, 0, 1, 0, 0])
  })

  test('by chance, the same ones for the same seed', () => {
    const rule = { fault: slow, probability: 0.5 }
    const first = struckOf(rule, 200)
    expect(struckOf(rule, 200)).toEqual(first)
    expect(struckOf(rule, 200, 2)).not.toEqual(first)
    const hits = first.filter((count) => count === 1).length
    expect(hits).toBeGreaterThan(70)
    expect(hits).toBeLessThan(130)
  })

  test('by method and by a path with * for anything, in any case', () => {
    const faults = createFaults()
    faults.add({ method: 'post', path: '/api/data/*/ACCOUNTS*', fault: slow })
    expect(faults.strike('POST', '/api/data/v9.2/accounts(1)')).toEqual([slow])
    expect(faults.strike('GET', '/api/data/v9.2/accounts')).toEqual([])
    expect(faults.strike('POST', '/api/data/v9.2/contacts')).toEqual([])
  })

  test('characters of a path mean themselves', () => {
    const faults = createFaults()
    faults.add({ path: '/a.b(c)', fault: slow })
    expect(faults.strike('GET', '/a.b(c)')).toHaveLength(1)
    expect(faults.strike('GET', '/axb(c)')).toHaveLength(0)
  })
})

test('rules can be listed, taken back one by one, and cleared with the clock', () => {
  const faults = createFaults()
  const id = faults.add({ fault: slow })
  faults.clockSkewMs = 60_000
  faults.strike('GET', '/x')
  expect(faults.rules()).toEqual([{ id, rule: { fault: slow }, matched: 1, struck: 1 }])
  expect([faults.remove(id), faults.remove(id)]).toEqual([true, false])
  faults.add({ fault: slow })
  faults.clear()
  expect([faults.rules(), faults.clockSkewMs]).toEqual([[], 0])
})

describe('rules that came as JSON', () => {
  test('a whole rule is read as it is', () => {
    const rule = { method: 'GET', path: '/x', nth: [1], fault: { kind: 'truncate', bytes: 10 } }
    expect(readFaultRule(rule)).toEqual({ rule })
  })

  test.each([
    [{ fault: { kind: 'error', status: 404 } }, 'status is 404; it must be 500, 502, 503 or 504.'],
    [{ fault: { kind: 'boom' } }, 'kind is "boom"; it must be latency'],
    [{ fault: slow, nth: [0] }, 'nth is [0]; it must be whole numbers from 1.'],
    [{ fault: slow, probability: 2 }, 'probability is 2; it must be 0 to 1.'],
    [{ fault: slow, pathh: '/x' }, "Unknown field 'pathh'"],
    [{}, 'fault is missing'],
    ['x', 'A fault rule is an object'],
  ])('%j is refused with its value', (value, message) => {
    expect(readFaultRule(value)).toEqual({ problem: expect.stringContaining(message) })
  })
})
