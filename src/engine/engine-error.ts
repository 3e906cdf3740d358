import { D365Error } from '../core/errors.ts'
import { locate, type Place } from '../plan/locate.ts'
import { place } from '../plan/parse.ts'

/** What DuckDB says of a statement it cannot run, in words that make sense to whoever wrote the statement. */
export function engineError(error: unknown): D365Error {
  const said = error instanceof Error ? error.message : String(error)
  const [, kind = '', message = said] = /^([A-Z][A-Za-z ]+ Error): ([\s\S]*)$/.exec(said) ?? []
  if (kind === 'Out of Memory Error')
    return new D365Error(
      'IO_FAILED',
      `The query needs more memory or disk than there is: ${message.trim()}`,
      {
        hint: 'Filter earlier, or ask for fewer columns.',
        cause: error,
      },
    )
  const known = EXPLANATIONS.find(({ pattern }) => pattern.test(message))
  const match = known && (known.pattern.exec(message) ?? [])
  return new D365Error('INPUT_INVALID', known && match ? known.message(match) : plainMessage(message), {
    hint:
      known?.hint ?? nearName(message) ?? 'EXPLAIN shows what runs here, and what the service is asked for.',
    cause: error,
  })
}

interface Explanation {
  readonly pattern: RegExp
  readonly message: (match: readonly string[]) => string
  readonly hint: string
}

const EXPLANATIONS: readonly Explanation[] = [
  {
    pattern: /argument types '\+\((?=.*(?:VARCHAR|STRING))/,
    message: () => 'Texts cannot be added',
    hint: 'Texts are joined by ||, or by concat(a, b), which skips NULL.',
  },
  {
    // LIKE is run without case and accents.
    pattern: /argument types 'strip_accents\(([^']*)\)'/,
    message: ([, type]) => `LIKE compares texts, and this is ${type}`,
    hint: 'Cast it: cast(x as text) like …',
  },
  {
    pattern: /(?:argument types '|function call ")([^'"]+)['"]/,
    message: ([, called]) => `There is no ${called}`,
    hint: 'Cast what it is given to a type it takes: cast(x as numeric), cast(x as text), cast(x as date).',
  },
  {
    pattern: /Could not convert string ['"](.*)['"] to (\w+(?:\([\d, ]+\))?)/,
    message: ([, value, type = '']) => `'${value}' is no ${TYPE_NAMES[type] ?? type}`,
    hint: 'Write a value of the type it is compared with; \\d TABLE and d365 describe show the types.',
  },
  {
    pattern:
      /Unimplemented type for cast \((.*) -> (.*)\)|Cannot compare values of type (\S+) and type (\S+)/,
    message: ([, from, to, left, right]) => `${from ?? left} and ${to ?? right} cannot be compared`,
    hint: 'Cast one of them; dates and times are written between quotes.',
  },
  {
    pattern: /column "?([^"\s]+)"? must appear in the GROUP BY clause/,
    message: ([, column]) => `${column} is neither grouped by nor aggregated`,
    hint: 'Add it to GROUP BY, or write any_value(…) where its value does not matter.',
  },
  {
    pattern: /More than one row returned by a subquery/,
    message: () => 'A sub-query in place of a value has more than one row',
    hint: 'Add LIMIT 1 or an aggregate, or ask with IN or EXISTS.',
  },
]

/** Types as the engine calls them inside. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  INT128: 'GUID',
  INT32: 'INTEGER',
  INT64: 'BIGINT',
  BOOL: 'BOOLEAN',
}

/** Without lists of what else there would be, and without the drawing of a statement nobody wrote. */
function plainMessage(message: string): string {
  const [said = ''] = message.split(/\n\s*(?:LINE \d+:|Candidate|Did you mean|Either add|Use "SET)/)
  return said
    .trim()
    .replace(/!$/, '')
    .replace(/^Scalar Function with name (\S+) does not exist$/, 'There is no function $1')
}

function nearName(message: string): string | undefined {
  const [, near] = /Did you mean "([^"]+)"\?/.exec(message) ?? []
  return near === undefined ? undefined : `Did you mean ${near}?`
}

/** Says where in the statement it is, as far as the engine told where in the SQL made of it. */
export function placed(
  error: unknown,
  { made, text }: { readonly made: string; readonly text: string },
): unknown {
  if (!(error instanceof D365Error) || error.code !== 'INPUT_INVALID' || !(error.cause instanceof Error))
    return error
  const at = madePlace(error.cause.message, made)
  const found = at && locate(at, text)
  if (found === undefined) return error
  return new D365Error(error.code, `${error.message}${place(text, found)}`, {
    hint: error.hint,
    cause: error.cause,
  })
}

/** From `LINE 1: …excerpt…` and the caret below it. Of a statement around the one that was made, only the excerpt is known. */
function madePlace(message: string, made: string): Place | undefined {
  const [, prefix = '', line = '', caret = ''] = /(LINE \d+: )(.*)\n( *)\^/.exec(message) ?? []
  const excerpt = line.replace(/^\.\.\./, '').replace(/\.\.\.$/, '')
  if (excerpt === '') return undefined
  const inside = Math.max(0, caret.length - prefix.length - (line.startsWith('...') ? 3 : 0))
  const at = made.indexOf(excerpt)
  return at < 0
    ? { text: excerpt, position: Buffer.byteLength(excerpt.slice(0, inside)) }
    : { text: made, position: Buffer.byteLength(made.slice(0, at + inside)) }
}
