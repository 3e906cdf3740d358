import { TextDecoder } from 'node:util'
import { D365Error } from '../../core/errors.ts'

/** UTF-8 (or UTF-16 with its byte order mark) as text. Bytes that are neither end the file: a guess would change names. */
export async function* utf8Text(bytes: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined
  let lines = 1
  for await (const chunk of bytes) {
    if (typeof chunk === 'string') {
      yield chunk
      continue
    }
    decoder ??= new TextDecoder(encodingOf(chunk), { fatal: true, ignoreBOM: true })
    const text = decode(decoder, chunk, lines)
    lines += text.split('\n').length - 1
    yield text
  }
  const rest = decoder && decode(decoder, undefined, lines)
  if (rest) yield rest
}

function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
}

function decode(decoder: TextDecoder, chunk: Uint8Array | undefined, line: number): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true })
  } catch (cause) {
    const at = chunk === undefined ? line : line + linesBefore(chunk)
    throw new D365Error(
      'INPUT_INVALID',
      `The input is not UTF-8: line ${at} has bytes that are no characters.`,
      {
        hint: 'Save it as UTF-8 (in Excel: "CSV UTF-8"). Rows before that line may have been written.',
        cause,
      },
    )
  }
}

/** Line breaks before the first byte that cannot be. */
function linesBefore(chunk: Uint8Array): number {
  const lossy = new TextDecoder('utf-8').decode(chunk)
  return lossy.slice(0, Math.max(0, lossy.indexOf('\uFFFD'))).split('\n').length - 1
}
