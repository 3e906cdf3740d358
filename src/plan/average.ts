import type { Column } from '../catalog/table.ts'
import { call, cast, type Fields, textConstant } from './ast.ts'

/**
 * An average as an exact sum divided by a count: the same number whether rows are added up here or by the service, in parts
 * or at once. Of a decimal the digits are divided, so that the quotient is rounded once.
 */
export function average(
  column: Column,
  { sum, count }: { readonly sum: Fields; readonly count: Fields },
): Fields {
  const scale = digitsAfterPoint(column)
  if (scale === 0) return divided(cast(sum, 'float8'), count)
  const digits = cast(call('replace', cast(sum, 'text'), textConstant('.'), textConstant('')), 'hugeint')
  const power = cast(textConstant(`1${'0'.repeat(scale)}`), 'hugeint')
  return divided(cast(digits, 'float8'), operation('*', count, power))
}

/** Is its average exact sums and counts? Undefined precision is that of the service's decimals. */
export function hasExactSum({ type }: Column): boolean {
  return type === 'integer' || type === 'decimal' || type === 'money'
}

function digitsAfterPoint({ type, precision = 10 }: Column): number {
  return type === 'money' ? 4 : type === 'decimal' ? precision : 0
}

function divided(dividend: Fields, divisor: Fields): Fields {
  return operation('/', dividend, divisor)
}

function operation(name: string, lexpr: Fields, rexpr: Fields): Fields {
  return { A_Expr: { kind: 'AEXPR_OP', name: [{ String: { sval: name } }], lexpr, rexpr } }
}
