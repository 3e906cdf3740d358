import { useCallback, useEffect, useRef, useState } from 'react'
import type { Browsing } from '../../../server/browse.ts'
import type { EnvironmentChoice } from '../../../server/environments.ts'
import type { Result } from '../../grid/result-grid.tsx'
import { listen } from '../../server/call.ts'

/** Rows of a table, fetched as they are looked at: what nobody scrolls to is never asked for. */
export interface BrowsedRows {
  readonly columns: Result['columns']
  readonly rows: Result['rows']
  readonly state: 'reading' | 'waiting' | 'all' | 'failed'
  /** A page holds no more than so many. */
  readonly cutAt: number | undefined
  readonly problem: unknown
}

const NOTHING: BrowsedRows = { columns: [], rows: [], state: 'reading', cutAt: undefined, problem: undefined }

/** So many rows are there beyond the last one in sight. */
const AHEAD = 2000

export function useRows(environment: EnvironmentChoice, browsing: Browsing) {
  const [browsed, setBrowsed] = useState(NOTHING)
  const wanted = useRef(AHEAD)
  const wake = useRef<() => void>(undefined)
  const asked = JSON.stringify({ environment, browsing })
  useEffect(() => {
    const own = new AbortController()
    const input: { environment: EnvironmentChoice; browsing: Browsing } = JSON.parse(asked)
    wanted.current = AHEAD
    setBrowsed(NOTHING)
    const rows: Result['rows'][number][] = []
    const read = async (): Promise<void> => {
      for await (const event of listen('explore.rows', input, { signal: own.signal })) {
        if (event.kind === 'columns') setBrowsed((old) => ({ ...old, columns: event.columns }))
        else if (event.kind === 'cut') setBrowsed((old) => ({ ...old, cutAt: event.most }))
        else {
          for (const row of event.rows) rows.push(row)
          const waits = rows.length >= wanted.current
          setBrowsed((old) => ({ ...old, rows: [...rows], state: waits ? 'waiting' : 'reading' }))
          while (rows.length >= wanted.current && !own.signal.aborted)
            await new Promise<void>((resolve) => {
              wake.current = resolve
            })
        }
      }
      setBrowsed((old) => ({ ...old, state: 'all' }))
    }
    read().catch((problem: unknown) => {
      if (!own.signal.aborted) setBrowsed((old) => ({ ...old, state: 'failed', problem }))
    })
    return () => {
      own.abort()
      wake.current?.()
    }
  }, [asked])
  const onSeen = useCallback((last: number) => {
    if (last + AHEAD <= wanted.current) return
    wanted.current = last + AHEAD
    wake.current?.()
  }, [])
  return { browsed, onSeen }
}
