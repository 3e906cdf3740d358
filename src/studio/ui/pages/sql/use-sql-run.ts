import { useCallback, useEffect, useRef, useState } from 'react'
import type { EnvironmentChoice } from '../../../server/environments.ts'
import type { Result } from '../../grid/result-grid.tsx'
import { type Event, listen } from '../../server/call.ts'

type SqlEvent = Event<'sql.run'>
export type Plan = Extract<SqlEvent, { kind: 'plan' }>['plan']
export type Cost = Omit<Extract<SqlEvent, { kind: 'cost' }>, 'kind'>

/** One run of a statement: its rows as they come. What came before a failure or a stop is thrown away: it is no answer. */
export interface SqlRun {
  readonly state: 'idle' | 'running' | 'done' | 'failed' | 'stopped'
  /** The statement that runs or ran, and where. */
  readonly text: string
  readonly environment: EnvironmentChoice | undefined
  readonly plan: Plan | undefined
  readonly result: Result | undefined
  /** Rows so far. */
  readonly came: number
  /** There are more rows than these; a page holds no more. */
  readonly cutAt: number | undefined
  readonly cost: Cost | undefined
  readonly problem: unknown
}

const IDLE: SqlRun = {
  state: 'idle',
  text: '',
  environment: undefined,
  plan: undefined,
  result: undefined,
  came: 0,
  cutAt: undefined,
  cost: undefined,
  problem: undefined,
}

export function useSqlRun() {
  const [run, setRun] = useState(IDLE)
  const running = useRef<AbortController>(undefined)
  useEffect(() => () => running.current?.abort(), [])
  const start = useCallback(async (environment: EnvironmentChoice, text: string): Promise<void> => {
    running.current?.abort()
    const own = new AbortController()
    running.current = own
    setRun({ ...IDLE, state: 'running', text, environment })
    let columns: Result['columns'] = []
    const rows: Result['rows'][number][] = []
    try {
      for await (const event of listen('sql.run', { environment, text }, { signal: own.signal })) {
        if (event.kind === 'plan') setRun((old) => ({ ...old, plan: event.plan }))
        else if (event.kind === 'columns') columns = event.columns
        else if (event.kind === 'rows') {
          for (const row of event.rows) rows.push(row)
          setRun((old) => ({ ...old, came: rows.length }))
        } else if (event.kind === 'cut') setRun((old) => ({ ...old, cutAt: event.most }))
        else {
          const { kind: _kind, ...cost } = event
          setRun((old) => ({ ...old, cost }))
        }
      }
      const result = columns.length === 0 ? undefined : { columns, rows }
      setRun((old) => ({ ...old, state: 'done', result }))
    } catch (problem) {
      if (running.current !== own) return
      setRun((old) =>
        own.signal.aborted ? { ...old, state: 'stopped' } : { ...old, state: 'failed', problem },
      )
    }
  }, [])
  const stop = useCallback(() => running.current?.abort(), [])
  return { run, start, stop }
}
