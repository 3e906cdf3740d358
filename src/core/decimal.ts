/**
 * Exact decimals as text: money, Edm.Decimal and Edm.Int64 never pass through a float.
 * A decimal value is a string of digits such as `-1234.5000`; nothing else is allowed in it.
 */

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?(?:e([+-]?\d{1,3}))?$/i

/** `text` as plain digits (no exponent, no plus sign), or undefined where it is not a number. */
export function parseDecimal(text: string): string | undefined {
  const match = DECIMAL.exec(text.trim())
  if (!match) return undefined
  const [, sign = '', whole = '', fraction = '', exponent] = match
  const shift = Number(exponent ?? 0)
  const digits = whole + fraction
  const point = whole.length + shift
  const padded = point <= 0 ? `${'0'.repeat(1 - point)}${digits}` : digits.padEnd(point, '0')
  const at = Math.max(point, 1)
  const integer = padded.slice(0, at).replace(/^0+(?=\d)/, '')
  const rest = padded.slice(at)
  return `${sign === '-' ? '-' : ''}${integer}${rest ? `.${rest}` : ''}`
}

/** Numeric comparison of two decimals, whatever their scale: -1, 0 or 1. */
export function compareDecimals(a: string, b: string): number {
  const scale = Math.max(scaleOf(a), scaleOf(b))
  const left = scaled(a, scale)
  const right = scaled(b, scale)
  return left < right ? -1 : left > right ? 1 : 0
}

/** Digits after the point, trailing zeros counted. */
export function scaleOf(decimal: string): number {
  const point = decimal.indexOf('.')
  return point < 0 ? 0 : decimal.length - point - 1
}

/** Significant digits before the point. */
export function integerDigits(decimal: string): number {
  return decimal.replace(/^-/, '').split('.')[0]?.replace(/^0+/, '').length ?? 0
}

function scaled(decimal: string, scale: number): bigint {
  const [whole = '0', fraction = ''] = decimal.split('.')
  return BigInt(whole + fraction.padEnd(scale, '0'))
}
