import { D365Error } from '../core/errors.ts'
import { type Condition, type ConditionColumn, wildcardFree } from './condition.ts'
import { textLiteral } from './query.ts'

/** Conditions that all hold, as an OData `$filter`: `name eq 'a' and (revenue gt 5 or revenue eq null)`. Undefined for none. */
export function printFilter(conditions: readonly Condition[]): string | undefined {
  return conditions.length === 0 ? undefined : conditions.map(print).join(' and ')
}

/** An OData `$orderby`: `createdon desc,name asc`. Undefined for none. */
export function printOrder(
  order: readonly { readonly column: ConditionColumn; readonly descending: boolean }[],
): string | undefined {
  if (order.length === 0) return undefined
  return order.map(({ column, descending }) => `${column.property} ${descending ? 'desc' : 'asc'}`).join(',')
}

const FUNCTIONS = { start: 'startswith', end: 'endswith', anywhere: 'contains' } as const

function print(condition: Condition): string {
  switch (condition.kind) {
    case 'compare': {
      const { column, operator, value } = condition
      return `${column.property} ${operator} ${value.kind === 'text' ? textLiteral(value.text) : value.text}`
    }
    case 'null':
      return `${condition.column.property} ${condition.isNull ? 'eq' : 'ne'} null`
    case 'part':
      return `${FUNCTIONS[condition.at]}(${condition.column.property},${textLiteral(wildcardFree(condition.text))})`
    case 'all':
      return `(${condition.of.map(print).join(' and ')})`
    case 'any':
      return `(${condition.of.map(print).join(' or ')})`
    case 'related':
      throw new D365Error('BUG', `A condition on related rows of ${condition.table} has no OData form.`)
  }
}
