import { hasSqlDetails, loadModule, parseSync } from 'libpg-query'
import { deparseSync } from 'pgsql-deparser'
import { D365Error } from '../core/errors.ts'
import { type Fields, isFields, listOf } from './ast.ts'
import { fromTsql } from './tsql.ts'

/** SQL text to a tree and back. The grammar is PostgreSQL's own. */
export interface Statement {
  /** `{ SelectStmt: … }` and the like. */
  readonly tree: Fields
  readonly text: string
}

let loaded: Promise<void> | undefined

/** Exactly one statement. Errors name the place: line, column and the text there. */
export async function parseStatement(given: string): Promise<Statement> {
  loaded ??= loadModule()
  await loaded
  const text = fromTsql(given)
  const statements = text.trim() === '' ? [] : listOf(parseTree(text).stmts)
  const [first] = statements
  const tree = isFields(first) ? first.stmt : undefined
  if (!isFields(tree))
    throw new D365Error('INPUT_INVALID', 'There is no SQL statement.', {
      hint: 'For example: select name from account limit 10',
    })
  if (statements.length > 1)
    throw new D365Error('INPUT_INVALID', `There are ${statements.length} statements where one is expected.`, {
      hint: 'Run them one by one.',
    })
  return { tree, text }
}

function parseTree(text: string): Fields {
  try {
    const result: unknown = parseSync(text)
    return isFields(result) ? result : {}
  } catch (cause) {
    if (!hasSqlDetails(cause)) throw cause
    throw sqlError(cause.message, { text, position: cause.sqlDetails?.cursorPosition, cause })
  }
}

/** What a tree reads as in SQL. */
export function printStatement(tree: Fields): string {
  // The printer's types are its own; a copy through JSON has none.
  const printed = deparseSync(JSON.parse(JSON.stringify(tree)), { pretty: false })
  return printed.trim().replace(/;$/, '')
}

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
    ...(cause === undefined ? {} : { cause }),
  })
}

/** Line and column, and the line itself with a caret below the place. */
export function place(text: string, position: number | undefined): string {
  if (position === undefined) return ''
  const before = Buffer.from(text, 'utf8').subarray(0, position).toString('utf8')
  const line = before.split('\n').length
  const column = before.length - before.lastIndexOf('\n')
  const source = text.split('\n')[line - 1] ?? ''
  const from = Math.max(0, column - 1 - MAX_SHOWN / 2)
  const shown = source.slice(from, from + MAX_SHOWN)
  return ` (line ${line}, column ${column})\n  ${shown}\n  ${' '.repeat(column - 1 - from)}^`
}

/** Characters of a long line that are shown around the place. */
const MAX_SHOWN = 100
