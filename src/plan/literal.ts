import { parseDecimal } from '../core/decimal.ts'
import { type Fields, isFields, listOf, namesOf, nodeOf, textOf } from './ast.ts'

/** A constant in the statement: what it says, and the type it was cast to. */
export type Literal =
  | { readonly kind: 'null' }
  | { readonly kind: 'text'; readonly text: string; readonly type: string | undefined }
  | { readonly kind: 'number'; readonly digits: string }
  | { readonly kind: 'boolean'; readonly value: boolean }

/** The constant that a node is; undefined for anything that has to be computed. */
export function literalOf(node: unknown): Literal | undefined {
  const constant = nodeOf(node, 'A_Const')
  if (constant) return constantOf(constant)
  const cast = nodeOf(node, 'TypeCast')
  if (cast) {
    const inner = literalOf(cast.arg)
    const type = isFields(cast.typeName) ? namesOf(cast.typeName.names).at(-1) : undefined
    if (
      inner?.kind === 'text' &&
      listOf(isFields(cast.typeName) ? cast.typeName.arrayBounds : []).length === 0
    )
      return inner.type === undefined ? { ...inner, type } : undefined
    if (inner?.kind === 'null') return inner
    return type === 'bool' && inner?.kind === 'boolean' ? inner : undefined
  }
  const negative = nodeOf(node, 'A_Expr')
  if (negative && negative.lexpr === undefined && namesOf(negative.name)[0] === '-') {
    const inner = literalOf(negative.rexpr)
    if (inner?.kind === 'number' && !inner.digits.startsWith('-'))
      return { kind: 'number', digits: `-${inner.digits}` }
  }
  return undefined
}

function constantOf(constant: Fields): Literal | undefined {
  if (constant.isnull === true) return { kind: 'null' }
  if (isFields(constant.sval))
    return { kind: 'text', text: textOf(constant.sval.sval) ?? '', type: undefined }
  // Zero and false are left out of the parser's JSON.
  if (isFields(constant.ival)) return { kind: 'number', digits: String(constant.ival.ival ?? 0) }
  if (isFields(constant.boolval)) return { kind: 'boolean', value: constant.boolval.boolval === true }
  if (!isFields(constant.fval)) return undefined
  const digits = parseDecimal(textOf(constant.fval.fval) ?? '')
  return digits === undefined ? undefined : { kind: 'number', digits }
}
