import { useCallback, useEffect, useRef, useState } from 'react'
import { type Event, type EventsName, type Input, listen } from './call.ts'

/** A stream of the server as state: what came so far, whether it goes on, why it ended. */
export interface EventRun<K extends EventsName> {
  readonly events: readonly Event<K>[]
  readonly running: boolean
  readonly problem: unknown
  /** True when it came to its end. */
  readonly finished: boolean
  /** Starts anew; `onEvent` is told each one as it comes. */
  readonly start: (input: () => Promise<Input<K>>) => Promise<void>
  readonly stop: () => void
  readonly clear: () => void
}

interface RunState<K extends EventsName> {
  readonly events: readonly Event<K>[]
  readonly state: 'idle' | 'running' | 'finished' | 'failed'
  readonly problem: unknown
}

export function useEvents<K extends EventsName>(name: K, onEvent?: (event: Event<K>) => void): EventRun<K> {
  const [run, setRun] = useState<RunState<K>>({ events: [], state: 'idle', problem: undefined })
  const controller = useRef<AbortController>(undefined)
  const tell = useRef(onEvent)
  useEffect(() => {
    tell.current = onEvent
  })
  useEffect(() => () => controller.current?.abort(), [])
  const start = useCallback(
    async (input: () => Promise<Input<K>>) => {
      controller.current?.abort()
      const own = new AbortController()
      controller.current = own
      setRun({ events: [], state: 'running', problem: undefined })
      try {
        for await (const event of listen(name, await input(), { signal: own.signal })) {
          setRun((old) => ({ ...old, events: [...old.events, event] }))
          tell.current?.(event)
        }
        setRun((old) => ({ ...old, state: 'finished' }))
      } catch (problem) {
        if (!own.signal.aborted) setRun((old) => ({ ...old, state: 'failed', problem }))
      }
    },
    [name],
  )
  const clear = useCallback(() => {
    controller.current?.abort()
    setRun({ events: [], state: 'idle', problem: undefined })
  }, [])
  return {
    events: run.events,
    problem: run.problem,
    running: run.state === 'running',
    finished: run.state === 'finished',
    start,
    stop: clear,
    clear,
  }
}
