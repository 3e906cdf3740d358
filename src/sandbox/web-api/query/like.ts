import { collationKey } from '../../collation.ts'

/**
 * SQL Server's LIKE: `%`, `_`, `[a-z]` and `[^…]` are live, also in what OData clients take for plain text.
 * Case and accents do not count.
 */
export function likePattern(pattern: string): (text: string) => boolean {
  const source = toRegExp(collationKey(pattern))
  return (text) => source.test(collationKey(text))
}

function toRegExp(pattern: string): RegExp {
  let source = ''
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern.charAt(at)
    if (character === '%') source += '[\\s\\S]*'
    else if (character === '_') source += '[\\s\\S]'
    else if (character === '[') {
      const end = pattern.indexOf(']', at + 1)
      const inside = end < 0 ? undefined : pattern.slice(at + 1, end)
      if (inside) {
        source += `[${inside.replace(/[\\\]]/g, '\\$&')}]`
        at = end
      } else source += '\\['
    } else source += character.replace(/[.*+?^${}()|\]\\/]/g, '\\$&')
  }
  return new RegExp(`^${source}$`, 'u')
}
