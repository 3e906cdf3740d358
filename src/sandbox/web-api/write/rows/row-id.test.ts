import { expect, test } from 'vitest'
import { guidSortKey } from '../../../collation.ts'
import { newRowId } from './row-id.ts'

test('every new key sorts after the one before, even within a millisecond and when time stands still', () => {
  const now = Date.UTC(2099, 0, 1)
  const ids = [now, now, now, now - 5000, now + 1].map(newRowId)
  expect(new Set(ids).size).toBe(5)
  expect([...ids].sort((a, b) => (guidSortKey(a) < guidSortKey(b) ? -1 : 1))).toEqual(ids)
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-aad1-000d3a9933c9$/)
})
