import type { ReadyRow } from '../check/resolve-lookups.ts'
import type { ResolvedOptions } from '../options.ts'
import type { Sender } from '../send/sender.ts'

export interface ShownRequests {
  rows(ready: readonly ReadyRow[]): Promise<void>
  end(): Promise<void>
}

/** Tells rows as the requests they would be, put together as they would leave. */
export function shownRequests(
  { requests, rowsPerRequest }: Pick<Sender, 'requests' | 'rowsPerRequest'>,
  onRequests: ResolvedOptions['onRequests'],
): ShownRequests {
  let waiting: readonly ReadyRow[] = []
  const show = async (): Promise<void> => {
    const some = waiting.slice(0, rowsPerRequest())
    waiting = waiting.slice(some.length)
    onRequests?.(await requests(some))
  }
  return {
    async rows(ready) {
      if (!onRequests) return
      waiting = [...waiting, ...ready]
      while (waiting.length >= rowsPerRequest()) await show()
    },
    async end() {
      while (waiting.length > 0) await show()
    },
  }
}
