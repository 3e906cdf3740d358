import type { D365Error } from '../core/errors.ts'
import { type Fields, isFields, kindOf, listOf, nodeOf, positionOf, walk } from './ast.ts'
import { type Statement, sqlError } from './parse.ts'

/** A statement that is SQL and yet nothing Dynamics can do: what it is, and what to do in its place. */
export function refuseStatement({ tree, text }: Statement): D365Error {
  const [word = ''] = /[a-z]+/i.exec(text.replace(/^(\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)+/, '')) ?? []
  const name = word.toUpperCase()
  return sqlError(`${name} is not understood`, {
    text,
    position: Math.max(0, Buffer.byteLength(text.slice(0, text.indexOf(word)))),
    hint:
      HINTS[name] ?? HINTS[kindOf(tree) ?? ''] ?? 'SELECT, INSERT, UPDATE, DELETE, MERGE and EXPLAIN are.',
  })
}

const SCHEMA = 'Tables and columns are made in Power Apps; SQL reads and changes their rows.'
const TRANSACTIONS =
  'There are no transactions: each row is accepted or rejected on its own. --dry-run tells what a statement would do.'
const RIGHTS = 'Rights come from security roles, which are given in the Power Platform admin center.'

const HINTS: Readonly<Record<string, string>> = {
  CREATE: SCHEMA,
  ALTER: SCHEMA,
  DROP: SCHEMA,
  TRUNCATE: 'To delete every row write DELETE FROM … and say --all-rows.',
  BEGIN: TRANSACTIONS,
  START: TRANSACTIONS,
  COMMIT: TRANSACTIONS,
  ROLLBACK: TRANSACTIONS,
  SAVEPOINT: TRANSACTIONS,
  GRANT: RIGHTS,
  REVOKE: RIGHTS,
  SET: 'There are no settings; moments without a zone are UTC.',
  SHOW: 'select * from d365.tables lists the tables, d365.columns their columns.',
  COPY: 'd365 write TABLE --from FILE reads a file in; d365 sql "…" --output FILE writes one.',
  CALL: 'Actions of the service are requests of their own: connection.request() sends them.',
  DECLARE: 'A query gives all its rows; LIMIT and OFFSET give some.',
  PREPARE: 'Parameters are $1, $2 …, with values beside the statement.',
  EXECUTE: 'Parameters are $1, $2 …, with values beside the statement.',
}

/** Clauses of SELECT that would do more than read. */
export function checkSelect(tree: Fields, text: string): void {
  walk(tree, (kind, fields) => {
    if (kind === 'SelectStmt') checkOne(fields, text)
    return true
  })
}

function checkOne(select: Fields, text: string): void {
  for (const side of [select.larg, select.rarg]) if (isFields(side)) checkOne(side, text)
  if (select.limitOption === 'LIMIT_OPTION_WITH_TIES')
    throw sqlError('WITH TIES is not understood', {
      text,
      position: clausePosition(text, /\bwith\s+ties\b/i),
      hint: 'Write rank() over (order by …) as place in a sub-query, and where place <= n around it.',
    })
  if (listOf(select.lockingClause).length > 0)
    throw sqlError('FOR UPDATE and FOR SHARE are not understood', {
      text,
      position: clausePosition(text, /\bfor\s+(no\s+key\s+)?(update|share|key)\b/i),
      hint: 'Rows of Dynamics cannot be locked: leave it out.',
    })
  const into = isFields(select.intoClause) ? select.intoClause : undefined
  if (into)
    throw sqlError('SELECT INTO is not understood', {
      text,
      position: positionOf(
        isFields(into.rel) ? into.rel : (nodeOf(into.rel, 'RangeVar') ?? { location: -1 }),
      ),
      hint: 'Write INSERT INTO … SELECT …, or --output FILE.',
    })
}

function clausePosition(text: string, clause: RegExp): number | undefined {
  const found = clause.exec(text)
  return found ? Buffer.byteLength(text.slice(0, found.index)) : undefined
}
