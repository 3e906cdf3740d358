import { expect, test } from 'vitest'
import { createTrace } from './trace.ts'

const entry = { at: '2026-01-01T00:00:00.000Z', method: 'GET', status: 200, durationMs: 1 }

test('the last requests are kept, oldest first, and all are counted', () => {
  const trace = createTrace({ size: 3 })
  for (const url of ['/1', '/2', '/3', '/4', '/5']) trace.add({ ...entry, url })
  expect(trace.entries().map(({ number, url }) => [number, url])).toEqual([
    [3, '/3'],
    [4, '/4'],
    [5, '/5'],
  ])
  expect(trace.total).toBe(5)
  trace.clear()
  expect([trace.entries(), trace.total]).toEqual([[], 0])
})

test('a secret in a query is not kept', () => {
  const trace = createTrace()
  trace.add({ ...entry, url: '/t/oauth2/token?code=MARKERMARKER&state=1' })
  expect(JSON.stringify(trace.entries())).not.toContain('MARKER')
  expect(trace.entries()[0]?.url).toContain('state=1')
})
