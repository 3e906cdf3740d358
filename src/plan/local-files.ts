import { type Fields, functionName, isFields, listOf, nodeOf, positionOf, replaceNodes, walk } from './ast.ts'
import { literalOf } from './literal.ts'
import { type Statement, sqlError } from './parse.ts'

/** Files of this machine that a statement reads in its FROM: `read_csv('rows.csv')`. */
export interface LocalFile {
  readonly path: string
  /** In bytes of the statement. */
  readonly position: number | undefined
}

/** DuckDB's readers of files that hold rows. */
const READERS: ReadonlySet<string> = new Set([
  'read_csv',
  'read_csv_auto',
  'read_json',
  'read_json_auto',
  'read_ndjson',
  'read_parquet',
])

export function localFiles({ tree, text }: Statement): readonly LocalFile[] {
  const found: LocalFile[] = []
  walk(tree, (kind, fields) => {
    if (kind !== 'FuncCall' || !READERS.has(functionName(fields))) return true
    const path = pathOf(fields)
    const position = positionOf(fields)
    if (path === undefined)
      throw sqlError(`${functionName(fields)} has to name one file`, {
        text,
        position,
        hint: `For example: select * from ${functionName(fields)}('rows.csv').`,
      })
    found.push({ path, position })
    return true
  })
  return found
}

/** The statement with other paths in place of its own. */
export function withFilesAt(statement: Statement, placed: ReadonlyMap<string, string>): Statement {
  const tree = replaceNodes(statement.tree, (kind, fields) => {
    const path = kind === 'FuncCall' && READERS.has(functionName(fields)) ? pathOf(fields) : undefined
    const at = path === undefined ? undefined : placed.get(path)
    if (at === undefined) return undefined
    return {
      FuncCall: { ...fields, args: [{ A_Const: { sval: { sval: at } } }, ...listOf(fields.args).slice(1)] },
    }
  })
  return isFields(tree) ? { ...statement, tree } : statement
}

function pathOf({ args }: Fields): string | undefined {
  const [first] = listOf(args)
  const literal = nodeOf(first, 'A_Const') ? literalOf(first) : undefined
  return literal?.kind === 'text' ? literal.text : undefined
}
