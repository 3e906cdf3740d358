import { scanSync } from 'libpg-query'

/** A place in SQL, in bytes of UTF-8. */
export interface Place {
  readonly text: string
  readonly position: number
}

/**
 * The place in the statement somebody wrote that a place in the SQL made of it stands for: the same word, counted from the
 * beginning. Undefined where the statement has no such word.
 */
export function locate(made: Place, text: string): number | undefined {
  const ours = wordsOf(made.text)
  const theirs = wordsOf(text)
  const from = Math.max(
    0,
    ours.findIndex(({ end }) => end > made.position),
  )
  for (const word of ours.slice(from)) {
    const earlier = ours.filter((one) => one.text === word.text && one.start < word.start).length
    const same = theirs.filter((one) => one.text === word.text)
    const found = same[Math.min(earlier, same.length - 1)]
    if (found) return found.start
  }
  return undefined
}

interface Word {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** Names, keywords and constants; operators and commas say little about a place. */
function wordsOf(text: string): readonly Word[] {
  const bytes = Buffer.from(text, 'utf8')
  try {
    return scanSync(text)
      .tokens.map(({ start, end }) => ({
        start,
        end,
        text: bytes.toString('utf8', start, end).toLowerCase(),
      }))
      .filter((word) => /^[\w'"$]/.test(word.text) && !MADE.test(word.text))
  } catch {
    return []
  }
}

/** Names of scans. */
const MADE = /^_s\d+$/
