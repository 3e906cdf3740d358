import { type Fields, isFields, listOf, nodeOf, positionOf, textOf } from './ast.ts'
import { type Statement, sqlError } from './parse.ts'

/** `EXPLAIN [ANALYZE] [(FORMAT JSON)] …`: what is asked about a statement instead of its rows. */
export interface Explain {
  /** Is it run too, and what it cost told? */
  readonly analyze: boolean
  readonly format: 'text' | 'json'
}

export interface Explained {
  /** The statement itself. */
  readonly statement: Statement
  /** Undefined: its rows are asked for. */
  readonly explain: Explain | undefined
}

export function readExplain(statement: Statement): Explained {
  const found = nodeOf(statement.tree, 'ExplainStmt')
  if (!found || !isFields(found.query)) return { statement, explain: undefined }
  const { text } = statement
  const options = listOf(found.options).map((item) => nodeOf(item, 'DefElem') ?? {})
  for (const option of options) checkOption(option, text)
  const last = (name: string) => options.findLast(({ defname }) => defname === name)
  return {
    statement: { text, tree: found.query },
    explain: {
      analyze: isOn(last('analyze')),
      format: nameGiven(last('format') ?? {}) === 'json' ? 'json' : 'text',
    },
  }
}

/** Beside these PostgreSQL has options about costs, which a remote table has none of: they change nothing. */
const WITHOUT_EFFECT = ['verbose', 'costs', 'buffers', 'timing', 'summary', 'settings', 'wal', 'memory']
const FORMATS = [undefined, 'text', 'json']

function checkOption(option: Fields, text: string): void {
  const name = textOf(option.defname) ?? ''
  const known = ['analyze', 'format', ...WITHOUT_EFFECT].includes(name)
  if (known && (name !== 'format' || FORMATS.includes(nameGiven(option)))) return
  throw sqlError(`EXPLAIN has no ${name}${name === 'format' ? ` ${nameGiven(option)}` : ''}`, {
    text,
    position: positionOf(option),
    hint: 'Its options are ANALYZE and FORMAT TEXT or JSON: EXPLAIN (ANALYZE, FORMAT JSON) SELECT …',
  })
}

function nameGiven({ arg }: Fields): string | undefined {
  return textOf(nodeOf(arg, 'String')?.sval)?.toLowerCase()
}

/** An option without a value is on. */
function isOn(option: Fields | undefined): boolean {
  if (!option) return false
  const number = nodeOf(option.arg, 'Integer')
  return number ? (number.ival ?? 0) !== 0 : !['false', 'off'].includes(nameGiven(option) ?? 'on')
}
