/**
 * Decides what leaves together and when: full batches, several at a time, and rows with the same key strictly
 * one after the other, in input order, never two of them on the way at once.
 */
export interface Dispatcher<Item> {
  /** Takes an item; waits while enough are on hand. Rejects with the first failure of a send. */
  push(item: Item): Promise<void>
  /** Resolves when everything taken was sent; after a failure, rejects with it once nothing is on the way. */
  drain(): Promise<void>
  /** Sends nothing more and resolves when nothing is on the way. */
  stop(): Promise<void>
}

export interface DispatcherOptions<Item> {
  readonly send: (items: readonly Item[]) => Promise<void>
  /** Items with an equal key keep their order. Undefined: no order. */
  readonly keyOf: (item: Item) => string | undefined
  /** Asked anew for each request. */
  readonly batchSize: () => number
  readonly parallel: () => number
}

/** Batches kept on hand for each one on the way, so that senders never wait for the input. */
const BATCHES_ON_HAND = 2

export function createDispatcher<Item>(options: DispatcherOptions<Item>): Dispatcher<Item> {
  const { send, keyOf, batchSize, parallel } = options
  const ready: Item[] = []
  /** Keys taken, each with the items waiting for it. */
  const lanes = new Map<string, Item[]>()
  let onHand = 0
  let onTheWay = 0
  let flushing = false
  let stopped = false
  const failures: unknown[] = []
  let wake: (() => void)[] = []

  const isFull = (): boolean => onHand >= batchSize() * parallel() * (1 + BATCHES_ON_HAND)

  function take(item: Item): void {
    onHand++
    const key = keyOf(item)
    const lane = key === undefined ? undefined : lanes.get(key)
    if (lane) {
      lane.push(item)
      return
    }
    if (key !== undefined) lanes.set(key, [])
    ready.push(item)
  }

  function release(item: Item): void {
    onHand--
    const key = keyOf(item)
    if (key === undefined) return
    const next = lanes.get(key)?.shift()
    if (next === undefined) lanes.delete(key)
    else ready.push(next)
  }

  function launch(): void {
    const partial = flushing || isFull()
    while (
      !stopped &&
      onTheWay < parallel() &&
      (ready.length >= batchSize() || (partial && ready.length > 0))
    ) {
      const batch = ready.splice(0, batchSize())
      onTheWay++
      send(batch)
        .then(
          () => batch.forEach(release),
          (error: unknown) => {
            failures.push(error)
            stopped = true
          },
        )
        .finally(() => {
          onTheWay--
          launch()
          const woken = wake
          wake = []
          for (const resume of woken) resume()
        })
    }
  }

  const change = (): Promise<void> => new Promise((resolve) => wake.push(resolve))

  async function untilOver(isOver: () => boolean): Promise<void> {
    while (!stopped && !isOver()) await change()
  }

  function throwFailure(): void {
    if (failures.length > 0) throw failures[0]
  }

  return {
    async push(item) {
      throwFailure()
      take(item)
      launch()
      await untilOver(() => !isFull())
      throwFailure()
    },
    async drain() {
      flushing = true
      launch()
      await untilOver(() => onHand === 0)
      while (onTheWay > 0) await change()
      throwFailure()
    },
    async stop() {
      stopped = true
      while (onTheWay > 0) await change()
    },
  }
}
