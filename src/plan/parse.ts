import { hasSqlDetails, loadModule, parseSync } from 'libpg-query'
import { deparseSync } from 'pgsql-deparser'
import { D365Error } from '../core/errors.ts'
import { type Fields, isFields, listOf } from './ast.ts'
import { sqlError } from './sql-error.ts'
import { fromTsql } from './tsql.ts'

export { place, sqlError } from './sql-error.ts'

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
    throw sqlError(`There are ${statements.length} statements where one is expected`, {
      text,
      position: secondStatement(text, statements[1]),
      hint: 'Run them one by one.',
    })
  return { tree, text }
}

/** Where the words of the second statement begin, in bytes. */
function secondStatement(text: string, second: unknown): number | undefined {
  const from = isFields(second) ? second.stmt_location : undefined
  if (typeof from !== 'number') return undefined
  const bytes = Buffer.from(text, 'utf8')
  return from + (/^\s*/.exec(bytes.toString('utf8', from))?.[0].length ?? 0)
}

function parseTree(text: string): Fields {
  try {
    const result: unknown = parseSync(text)
    return isFields(result) ? result : {}
  } catch (cause) {
    if (!hasSqlDetails(cause)) throw cause
    const place = cause.sqlDetails?.cursorPosition
    throw sqlError(cause.message, {
      text,
      position: place === undefined ? undefined : bytesBefore(text, place),
      cause,
    })
  }
}

/** Errors of the grammar count code points; places in its trees, and so all of ours, count bytes. */
function bytesBefore(text: string, codePoints: number): number {
  return Buffer.byteLength([...text].slice(0, codePoints).join(''), 'utf8')
}

/** What a tree reads as in SQL. */
export function printStatement(tree: Fields): string {
  // The printer's types are its own; a copy through JSON has none.
  const printed = deparseSync(JSON.parse(JSON.stringify(tree)), { pretty: false })
  return printed.trim().replace(/;$/, '')
}
