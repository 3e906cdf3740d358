import { D365Error } from '../core/errors.ts'

export interface SqlErrorPlace {
  readonly text: string
  /** In bytes of UTF-8, as the parser counts. */
  readonly position: number | undefined
  readonly hint?: string | undefined
  readonly cause?: unknown
}

/** An error that points into the statement. */
export function sqlError(message: string, { text, position, hint, cause }: SqlErrorPlace): D365Error {
  return new D365Error('INPUT_INVALID', `${message}${place(text, position)}`, {
    hint: hint ?? 'The SQL is that of PostgreSQL.',
    ...(position === undefined ? {} : { position: charactersBefore(text, position) }),
    ...(cause === undefined ? {} : { cause }),
  })
}

/** Line and column, and the line itself with a caret below the place. */
export function place(text: string, position: number | undefined): string {
  if (position === undefined) return ''
  const before = text.slice(0, charactersBefore(text, position))
  const line = before.split('\n').length
  const column = before.length - before.lastIndexOf('\n')
  const source = text.split('\n')[line - 1] ?? ''
  const from = source.length <= MAX_SHOWN ? 0 : Math.max(0, column - 1 - MAX_SHOWN / 2)
  const shown = source.slice(from, from + MAX_SHOWN)
  return ` (line ${line}, column ${column})\n  ${shown}\n  ${' '.repeat(column - 1 - from)}^`
}

/** `bytes` of UTF-8, as the parser counts, in characters of a string. */
function charactersBefore(text: string, bytes: number): number {
  return Buffer.from(text, 'utf8').subarray(0, bytes).toString('utf8').length
}

/** Characters of a long line that are shown around the place. */
const MAX_SHOWN = 100
