import { redact } from './redact.ts'

/** Structured, redacted logging. Off unless a front end asks for it. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug'

const ORDER: readonly LogLevel[] = ['error', 'warn', 'info', 'debug']

export type Log = (level: LogLevel, event: string, fields?: Readonly<Record<string, unknown>>) => void

export const silentLog: Log = () => {}

/** One line of JSON per event at or above `level`, redacted, given to `write`. */
export function lineLog(level: LogLevel, write: (line: string) => void): Log {
  return (eventLevel, event, fields = {}) => {
    if (ORDER.indexOf(eventLevel) > ORDER.indexOf(level)) return
    write(redact(JSON.stringify({ level: eventLevel, event, ...fields })))
  }
}
