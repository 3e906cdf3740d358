/**
 * How Dynamics compares: text as SQL Server's case- and accent-insensitive collation does (trailing blanks, width and
 * kind of kana do not count either), GUIDs as its uniqueidentifier type does. NULL sorts before everything.
 */
const collator = new Intl.Collator('en', { sensitivity: 'base', ignorePunctuation: false })

const ASCII = /^[\x20-\x7e]*$/

/** Accents, Arabic vowel signs and voicing marks of kana; vowel signs of other scripts are letters. */
const MARKS = /[\u0300-\u036f\u064b-\u065f\u3099\u309a]/g

/** Letters that the collation reads as two. */
const EXPANSIONS: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', œ: 'oe' }

/**
 * Negative, 0 or positive; 0 for exactly those texts that `equalText` calls equal. What the collator of ICU takes as
 * equal beyond that (`ø` and `o`) still sorts side by side.
 */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  const order = collator.compare(trimEnd(a), trimEnd(b))
  if (order !== 0) return order
  const left = collationKey(a)
  const right = collationKey(b)
  return left < right ? -1 : left > right ? 1 : 0
}

export function equalText(a: string, b: string): boolean {
  return a === b || collationKey(a) === collationKey(b)
}

/** Equal for texts that compare as equal: a key for hash indexes. */
export function collationKey(text: string): string {
  const trimmed = trimEnd(text)
  if (ASCII.test(trimmed)) return trimmed.toLowerCase()
  return trimmed
    .normalize('NFKD')
    .replace(MARKS, '')
    .normalize('NFC')
    .toLowerCase()
    .replace(/[ßæœ]/g, (letter) => EXPANSIONS[letter] ?? letter)
    .replace(/[\u30a1-\u30f6]/g, hiragana)
}

/** The two kana blocks list the same syllables in the same order. */
function hiragana(katakana: string): string {
  return String.fromCharCode(katakana.charCodeAt(0) - 0x60)
}

function trimEnd(text: string): string {
  return text.endsWith(' ') ? text.replace(/ +$/, '') : text
}

/** Order of SQL Server's uniqueidentifier: the last six bytes first, then the groups before them from right to left. */
export function compareGuids(a: string, b: string): number {
  if (a === b) return 0
  const left = guidSortKey(a)
  const right = guidSortKey(b)
  return left < right ? -1 : left > right ? 1 : 0
}

/** Sorts as text where the GUID sorts as uniqueidentifier. The first three groups are stored low byte first. */
export function guidSortKey(guid: string): string {
  return (
    guid.slice(24, 36) +
    guid.slice(19, 23) +
    guid.slice(16, 18) +
    guid.slice(14, 16) +
    guid.slice(11, 13) +
    guid.slice(9, 11) +
    guid.slice(6, 8) +
    guid.slice(4, 6) +
    guid.slice(2, 4) +
    guid.slice(0, 2)
  )
}
