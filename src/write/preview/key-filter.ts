/** A set of keys in constant memory, however many there are: it never forgets one, and seldom takes one for another. */
export interface KeyFilter {
  add(key: string): void
  /** False: certainly not added. */
  mayHold(key: string): boolean
}

/** 8 MiB; for one million keys about one in two million is wrong, for ten million one in 25. */
const BITS = 2 ** 26
const HASHES = 6

/** A Bloom filter. Taking one key for another costs its caller a request, never an answer. */
export function keyFilter(): KeyFilter {
  const bits = new Uint8Array(BITS / 8)
  return {
    add(key) {
      for (const bit of bitsOf(key)) bits[bit >>> 3] = (bits[bit >>> 3] ?? 0) | (1 << (bit & 7))
    },
    mayHold: (key) => bitsOf(key).every((bit) => ((bits[bit >>> 3] ?? 0) & (1 << (bit & 7))) !== 0),
  }
}

function bitsOf(key: string): readonly number[] {
  const first = fnv(key, 0x811c9dc5)
  const second = fnv(key, 0x01000193) | 1
  return Array.from({ length: HASHES }, (_, at) => ((first + Math.imul(at, second)) >>> 0) % BITS)
}

/** FNV-1a with its bits stirred afterwards (the end of MurmurHash3). */
function fnv(key: string, seed: number): number {
  let hash = seed
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
