/** Splits URLs and OData text at separators that are outside quotes and brackets. */

/** Parts of `text` between `separator`s at depth 0; quotes are single, doubled to escape. */
export function splitOutside(text: string, separator: string): readonly string[] {
  const parts: string[] = []
  let depth = 0
  let quoted = false
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === "'") quoted = !quoted
    else if (quoted) continue
    else if (character === '(' || character === '[' || character === '{') depth++
    else if (character === ')' || character === ']' || character === '}') depth--
    else if (character === separator && depth === 0) {
      parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  parts.push(text.slice(start))
  return parts
}

/** Query options by name, decoded; the last one wins. `+` is a space, as ASP.NET reads it. */
export function queryOptions(query: string): ReadonlyMap<string, string> {
  const options = new Map<string, string>()
  for (const pair of query.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = equals < 0 ? pair : pair.slice(0, equals)
    options.set(decodeText(name), equals < 0 ? '' : decodeText(pair.slice(equals + 1)))
  }
  return options
}

/** Percent-decoding that leaves malformed sequences alone. */
export function decodeText(text: string): string {
  const spaced = text.replaceAll('+', ' ')
  try {
    return decodeURIComponent(spaced)
  } catch {
    return spaced
  }
}

/** `Name(rest)` in its two halves; `rest` is undefined without brackets. */
export function callText(segment: string): { readonly name: string; readonly inner: string | undefined } {
  const open = segment.indexOf('(')
  if (open < 0 || !segment.endsWith(')')) return { name: segment, inner: undefined }
  return { name: segment.slice(0, open), inner: segment.slice(open + 1, -1) }
}

/** The text of a quoted literal, or undefined where it is not one. */
export function unquote(literal: string): string | undefined {
  const match = /^'((?:[^']|'')*)'$/.exec(literal.trim())
  return match?.[1]?.replaceAll("''", "'")
}
