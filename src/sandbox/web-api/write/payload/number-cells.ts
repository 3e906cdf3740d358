/** Numbers from their digits to cells: whole numbers exactly, decimals scaled and rounded to the column's precision. */
import { parseDecimal } from '../../../../core/decimal.ts'
import { DECIMAL_SCALE, MONEY_SCALE } from '../../../store/store.ts'
import { badLiteral, type CellPlace, moneyTooLarge, outOfRange } from '../write-errors.ts'

export function wholeNumber(digits: string, place: CellPlace): number {
  const value = exactInteger(digits, 'Edm.Int32')
  if (value > 2_147_483_647n || value < -2_147_483_648n) throw badLiteral(digits, 'Edm.Int32')
  const number = Number(value)
  demandRange(number, digits, place)
  return number
}

const MAX_INT64 = 2n ** 63n - 1n

export function bigNumber(digits: string): bigint {
  const value = exactInteger(digits, 'Edm.Int64')
  if (value > MAX_INT64 || value < -MAX_INT64 - 1n) throw badLiteral(digits, 'Edm.Int64')
  return value
}

/** A Decimal cell: scaled by 10^10. */
export function decimalNumber(digits: string, place: CellPlace): bigint {
  const { precision = DECIMAL_SCALE } = place.column
  const value = scaled(digits, { precision, scale: DECIMAL_SCALE })
  demandScaledRange(value, { digits, scale: DECIMAL_SCALE }, place)
  return value
}

/** What the money type can hold, in its units of 1/10,000: an int64. */
const MAX_MONEY = 922_337_203_685_477n * 10_000n

/** A Money cell: scaled by 10^4. */
export function moneyNumber(digits: string, place: CellPlace): bigint {
  const { precision = MONEY_SCALE } = place.column
  const value = scaled(digits, { precision, scale: MONEY_SCALE })
  if (value > MAX_MONEY || value < -MAX_MONEY) throw moneyTooLarge()
  demandScaledRange(value, { digits, scale: MONEY_SCALE }, place)
  return value
}

/** Rounded to the column's precision, as the service does. */
export function doubleNumber(digits: string, place: CellPlace): number {
  const value = Number(digits)
  if (!Number.isFinite(value)) throw badLiteral(digits, 'Edm.Double')
  demandRange(value, digits, place)
  return Number(value.toFixed(place.column.precision ?? 5))
}

/** Divides two scaled integers, rounding half away from zero. */
export function dividedRounded(numerator: bigint, denominator: bigint): bigint {
  const positive = numerator < 0n ? -numerator : numerator
  const half = (positive * 2n + denominator) / (denominator * 2n)
  return numerator < 0n ? -half : half
}

function exactInteger(digits: string, edmType: string): bigint {
  const plain = parseDecimal(digits)
  const match = plain === undefined ? null : /^(-?\d+)(?:\.0*)?$/.exec(plain)
  if (!match?.[1]) throw badLiteral(digits, edmType)
  return BigInt(match[1])
}

interface Scaling {
  readonly precision: number
  readonly scale: number
}

function scaled(digits: string, { precision, scale }: Scaling): bigint {
  const plain = parseDecimal(digits)
  if (plain === undefined) throw badLiteral(digits, 'Edm.Decimal')
  const [whole = '0', fraction = ''] = plain.split('.')
  const exact = BigInt(whole + fraction)
  const excess = fraction.length - precision
  const rounded = excess > 0 ? dividedRounded(exact, 10n ** BigInt(excess)) : exact * 10n ** BigInt(-excess)
  return rounded * 10n ** BigInt(scale - precision)
}

function demandRange(value: number, digits: string, place: CellPlace): void {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = place.column
  if (value < min || value > max) throw outOfRange(digits, place)
}

/** Limits of columns are whole numbers or have few digits: scaling them as text is exact. */
function demandScaledRange(
  value: bigint,
  { digits, scale }: { readonly digits: string; readonly scale: number },
  place: CellPlace,
): void {
  const limit = (bound: number | undefined): bigint | undefined =>
    bound === undefined ? undefined : scaled(String(bound), { precision: scale, scale })
  const min = limit(place.column.min)
  const max = limit(place.column.max)
  if ((min !== undefined && value < min) || (max !== undefined && value > max))
    throw outOfRange(digits, place)
}
