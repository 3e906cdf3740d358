import { scanSync } from 'libpg-query'
import { sqlError } from './sql-error.ts'

/**
 * Spellings of SQL Server that PostgreSQL's grammar has no room for: `[name]` becomes `"name"`, `select top 5 …`
 * becomes `select … limit 5`. Everything else of the text stays as it is.
 */
export function fromTsql(text: string): string {
  if (!/\[|\btop\b/i.test(text)) return text
  const tokens = tokensOf(text)
  const edits = [...bracketEdits(tokens, text), ...topEdits(tokens, text)]
  if (edits.length === 0) return text
  const bytes = Buffer.from(text, 'utf8')
  let out = ''
  let at = 0
  for (const { from, to, put } of edits.sort((a, b) => a.from - b.from || a.to - b.to)) {
    out += bytes.toString('utf8', at, from) + put
    at = to
  }
  return out + bytes.toString('utf8', at)
}

/** Keywords that may be names too, but those that a name follows: `order by [name]`, `update [account] set [name] = …`. */
const NAMES = new Set<string>(['UNRESERVED_KEYWORD', 'COL_NAME_KEYWORD'])
const BEFORE_NAMES = new Set([
  'by',
  'set',
  'update',
  'insert',
  'delete',
  'merge',
  'values',
  'between',
  'escape',
])

/** Places are in bytes of UTF-8. */
interface Edit {
  readonly from: number
  readonly to: number
  readonly put: string
}

interface Token {
  readonly start: number
  readonly end: number
  readonly text: string
  /** May it be the name of a column? */
  readonly name: boolean
}

/** Empty where the text cannot even be cut into words: the parser will say why. */
function tokensOf(text: string): Token[] {
  try {
    return scanSync(text).tokens.map(({ start, end, text: word, tokenName, keywordName }) => ({
      start,
      end,
      text: word.toLowerCase(),
      name: tokenName === 'IDENT' || (NAMES.has(keywordName) && !BEFORE_NAMES.has(word.toLowerCase())),
    }))
  } catch {
    return []
  }
}

function bracketEdits(tokens: readonly Token[], text: string): Edit[] {
  const bytes = Buffer.from(text, 'utf8')
  const edits: Edit[] = []
  const closers = new Set<Token>()
  for (let at = 0; at < tokens.length; at++) {
    const open = tokens[at]
    const before = tokens[at - 1]
    if (open?.text !== '[' || isSubscript(before, closers)) continue
    const closeAt = tokens.findIndex((token, index) => index > at && token.text === ']')
    const close = tokens[closeAt]
    if (!close) return edits
    closers.add(close)
    const name = bytes.toString('utf8', open.end, close.start)
    edits.push({ from: open.start, to: close.end, put: `"${name.replaceAll('"', '""')}"` })
    at = closeAt
  }
  return edits
}

/** After a value a bracket takes an element of it; after a name in brackets another name follows. */
function isSubscript(before: Token | undefined, closers: ReadonlySet<Token>): boolean {
  if (!before) return false
  if (before.text === ']') return !closers.has(before)
  return before.text === ')' || before.text === 'array' || before.name
}

function topEdits(tokens: readonly Token[], text: string): Edit[] {
  const edits: Edit[] = []
  for (const [at, top] of tokens.entries()) {
    const before = tokens[at - 1]?.text ?? ''
    const after = before === 'distinct' || before === 'all' ? tokens[at - 2]?.text : before
    if (top.text !== 'top' || after !== 'select') continue
    const bracketed = tokens[at + 1]?.text === '('
    const number = tokens[bracketed ? at + 2 : at + 1]
    const last = tokens[bracketed ? at + 3 : at + 1]
    if (!number || !last || !/^\d+$/.test(number.text)) continue
    const next = tokens[bracketed ? at + 4 : at + 2]?.text
    if (next === 'percent' || (next === 'with' && last))
      throw sqlError(`TOP … ${next.toUpperCase()} is not understood`, {
        text,
        position: top.start,
        hint: 'Write ORDER BY … LIMIT; for ties rank() over (order by …) in a sub-query, and where it is <= n.',
      })
    edits.push({ from: top.start, to: last.end, put: '' })
    edits.push({ ...endOfSelect(tokens, { start: at, all: text }), put: ` LIMIT ${number.text}` })
  }
  return edits
}

const COMBINES = new Set(['union', 'intersect', 'except'])

/** Where the SELECT ends that a token belongs to. */
function endOfSelect(
  tokens: readonly Token[],
  { start, all }: { readonly start: number; readonly all: string },
): { from: number; to: number } {
  let depth = 0
  for (const { text, start: from } of tokens.slice(start)) {
    if (text === '(') depth++
    else if (text === ')' && depth-- === 0) return { from, to: from }
    else if (depth === 0 && text === ';') return { from, to: from }
    else if (depth === 0 && COMBINES.has(text))
      throw sqlError(`TOP is not understood before ${text.toUpperCase()}`, {
        text: all,
        position: tokens[start]?.start,
        hint: 'Put the SELECT with its LIMIT into parentheses.',
      })
  }
  const end = tokens.at(-1)?.end ?? 0
  return { from: end, to: end }
}
