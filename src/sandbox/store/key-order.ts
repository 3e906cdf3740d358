import { guidSortKey } from '../collation.ts'
import type { StoredRow } from './store.ts'

/**
 * The rows of a table in the order of their keys. Writes are noted and worked in at the next reading, so that a
 * thousand writes cost one pass, and one write to a million rows does not sort them again.
 */
export interface KeyOrder {
  add(row: StoredRow): void
  remove(id: string): void
  /** A row with the id of one that is there. */
  replace(row: StoredRow): void
  rows(): readonly StoredRow[]
  /** Of the first row whose key comes after `id`. */
  positionAfter(id: string): number
}

/** Up to here single splices are cheaper than a pass over all rows. */
const FEW = 32

export function createKeyOrder(idOf: (row: StoredRow) => string): KeyOrder {
  let list: StoredRow[] = []
  const added = new Map<string, StoredRow>()
  /** Ids of rows in `list` that are not there any more; one may be in `added` again. */
  const removed = new Set<string>()

  /** Sort key of the last row of `list`; undefined where it is not known. */
  let lastKey: string | undefined

  const keyOfLast = (): string => {
    const last = list.at(-1)
    lastKey ??= last === undefined ? '' : guidSortKey(idOf(last))
    return lastKey
  }

  /** The first position in `list` whose key is not smaller. */
  const positionOf = (id: string): number => {
    const key = guidSortKey(id)
    let low = 0
    let high = list.length
    while (low < high) {
      const middle = (low + high) >> 1
      const row = list[middle]
      if (row && guidSortKey(idOf(row)) < key) low = middle + 1
      else high = middle
    }
    return low
  }

  const splice = (): void => {
    for (const id of removed) list.splice(positionOf(id), 1)
    for (const [id, row] of added) list.splice(positionOf(id), 0, row)
  }

  const merge = (): void => {
    const kept = removed.size === 0 ? list : list.filter((row) => !removed.has(idOf(row)))
    const fresh = [...added].map(([id, row]) => ({ key: guidSortKey(id), row }))
    fresh.sort((a, b) => (a.key < b.key ? -1 : 1))
    const merged: StoredRow[] = []
    let next = 0
    for (const row of kept) {
      const key = next < fresh.length ? guidSortKey(idOf(row)) : ''
      for (let first = fresh[next]; first && first.key < key; first = fresh[next]) {
        merged.push(first.row)
        next++
      }
      merged.push(row)
    }
    for (const { row } of fresh.slice(next)) merged.push(row)
    list = merged
  }

  const rows = (): readonly StoredRow[] => {
    const changes = added.size + removed.size
    if (changes === 0) return list
    if (changes <= FEW) splice()
    else merge()
    added.clear()
    removed.clear()
    lastKey = undefined
    return list
  }

  return {
    add: (row) => {
      const id = idOf(row)
      const key = guidSortKey(id)
      if (added.size > 0 || key <= keyOfLast()) {
        added.set(id, row)
        return
      }
      list.push(row)
      lastKey = key
    },
    remove: (id) => {
      if (!added.delete(id)) removed.add(id)
    },
    replace: (row) => {
      const id = idOf(row)
      if (added.has(id)) added.set(id, row)
      else list[positionOf(id)] = row
    },
    rows,
    positionAfter: (id) => {
      const row = rows()[positionOf(id)]
      return positionOf(id) + (row && idOf(row) === id ? 1 : 0)
    },
  }
}
