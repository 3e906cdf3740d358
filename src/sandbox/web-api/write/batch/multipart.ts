/**
 * Reads `multipart/mixed` as tolerantly as the service: quoted boundaries or not, CRLF or LF, text before the first
 * boundary. Works on latin1 text, one character a byte, so that bodies come out byte for byte.
 */
export interface Part {
  readonly headers: Headers
  /** What follows the blank line after the headers. */
  readonly content: string
}

/** The boundary of a media type, undefined where it is not multipart/mixed or has none. */
export function boundaryOf(contentType: string | null): string | undefined {
  if (contentType === null || !/^\s*multipart\/mixed\b/i.test(contentType)) return undefined
  const match = /;\s*boundary\s*=\s*(?:"([^"]+)"|([^\s;]+))/i.exec(contentType)
  return match?.[1] ?? match?.[2]
}

/** The parts between the boundaries; undefined where the closing one is missing. */
export function readParts(text: string, boundary: string): readonly Part[] | undefined {
  const escaped = boundary.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const delimiter = new RegExp(`(?:^|\\r?\\n)--${escaped}(--)?[ \\t]*(?=\\r?\\n|$)`, 'g')
  const parts: Part[] = []
  let start: number | undefined
  for (const match of text.matchAll(delimiter)) {
    if (start !== undefined) parts.push(readPart(text.slice(start, match.index)))
    if (match[1] === '--') return parts
    start = match.index + match[0].length
  }
  return undefined
}

/** Headers and what follows them; a message without a blank line is all headers. */
export function splitHead(text: string): { readonly head: string; readonly rest: string | undefined } {
  const blank = /\r?\n\r?\n/.exec(text)
  if (!blank) return { head: text, rest: undefined }
  return { head: text.slice(0, blank.index), rest: text.slice(blank.index + blank[0].length) }
}

export function readHeaders(lines: readonly string[]): Headers {
  const headers = new Headers()
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).trim()
    if (colon > 0 && /^[\w!#$%&'*+.^`|~-]+$/.test(name)) headers.append(name, line.slice(colon + 1).trim())
  }
  return headers
}

export function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/)
}

function readPart(text: string): Part {
  const own = text.replace(/^\r?\n/, '')
  // A part without headers begins with its blank line.
  if (/^\r?\n/.test(own)) return { headers: new Headers(), content: own.replace(/^\r?\n/, '') }
  const { head, rest = '' } = splitHead(own)
  return { headers: readHeaders(linesOf(head)), content: rest }
}
