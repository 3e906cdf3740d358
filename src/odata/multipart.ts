import { D365Error } from '../core/errors.ts'

/**
 * The `multipart/mixed` text of an OData `$batch`, both ways.
 * https://docs.oasis-open.org/odata/odata/v4.0/os/part1-protocol/odata-v4.0-os-part1-protocol.html#_Toc372793748
 */
export interface BatchPart {
  readonly method: string
  /** Absolute path with its query, already percent-encoded. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
}

export interface BatchAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const LINE = '\r\n'

/** The body of a batch without change sets. Every part ends in the blank line that a GET must have. */
export function printBatch(parts: readonly BatchPart[], boundary: string): string {
  const printed = parts.map((part) =>
    [
      `--${boundary}`,
      'Content-Type: application/http',
      'Content-Transfer-Encoding: binary',
      '',
      `${part.method} ${part.path} HTTP/1.1`,
      ...Object.entries(part.headers).map(([name, value]) => `${name}: ${value}`),
      '',
      part.body ?? '',
      '',
    ].join(LINE),
  )
  return `${printed.join('')}--${boundary}--${LINE}`
}

/** Parts of an answer in order; those of a change set stand where the change set stood. */
export function parseBatch(text: string, contentType: string): BatchAnswer[] {
  const boundary = boundaryOf(contentType)
  if (boundary === undefined)
    throw invalid(`it is ${contentType || 'of no stated type'} and not multipart/mixed with a boundary`)
  const answers: BatchAnswer[] = []
  for (const part of splitParts(text, boundary)) {
    const { headers, body } = splitHead(part)
    const type = headers['content-type'] ?? ''
    if (/^multipart\/mixed/i.test(type)) answers.push(...parseBatch(body, type))
    else answers.push(readAnswer(body))
  }
  return answers
}

export function boundaryOf(contentType: string): string | undefined {
  const match = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType)
  return match?.[1] ?? match?.[2]
}

function splitParts(text: string, boundary: string): string[] {
  const mark = `--${boundary}`
  const lines = text.split(/\r?\n/)
  const parts: string[] = []
  let current: string[] | undefined
  for (const line of lines) {
    const trimmed = line.trimEnd()
    if (trimmed !== mark && trimmed !== `${mark}--`) {
      current?.push(line)
      continue
    }
    if (current) parts.push(current.join('\n'))
    if (trimmed.endsWith('--') && trimmed !== mark) return parts
    current = []
  }
  throw invalid(`it ends before its closing boundary ${mark}--`)
}

function splitHead(part: string): { headers: Record<string, string>; body: string } {
  const at = part.indexOf('\n\n')
  const head = at < 0 ? part : part.slice(0, at)
  return { headers: readHeaders(head.split('\n')), body: at < 0 ? '' : part.slice(at + 2) }
}

function readAnswer(part: string): BatchAnswer {
  const [statusLine = '', ...rest] = part.replace(/^\s+/, '').split('\n')
  const status = /^HTTP\/\d(?:\.\d)?\s+(\d{3})/.exec(statusLine)?.[1]
  if (status === undefined)
    throw invalid(`a part begins with "${statusLine.slice(0, 80)}" and not with a status`)
  const blank = rest.indexOf('')
  const head = blank < 0 ? rest : rest.slice(0, blank)
  const body = blank < 0 ? '' : rest.slice(blank + 1).join('\n')
  return { status: Number(status), headers: readHeaders(head), body: body.trim() }
}

function readHeaders(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.flatMap((line) => {
      const at = line.indexOf(':')
      return at > 0 ? [[line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim()]] : []
    }),
  )
}

function invalid(why: string): D365Error {
  return new D365Error('RESPONSE_INVALID', `The answer to a batch cannot be read: ${why}.`, {
    hint: 'Nothing is known of its parts. Try again; if it stays, a proxy on the way may be changing answers.',
  })
}
