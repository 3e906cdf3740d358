/**
 * A condition on the rows of one table, in no language yet: `printFilter` writes it as OData, `printFetch` as FetchXML.
 * NULL meets a comparison by `ne` only, at the service.
 */
export type Condition =
  | {
      readonly kind: 'compare'
      readonly column: ConditionColumn
      readonly operator: Comparison
      readonly value: ConditionValue
    }
  | { readonly kind: 'null'; readonly column: ConditionColumn; readonly isNull: boolean }
  | {
      readonly kind: 'part'
      readonly column: ConditionColumn
      readonly at: 'start' | 'end' | 'anywhere'
      /** The text as it is: no character of it is a wildcard. */
      readonly text: string
    }
  | { readonly kind: 'all' | 'any'; readonly of: readonly Condition[] }
  /** Whether there is a related row. FetchXML only. */
  | RelatedCondition

export interface RelatedCondition {
  readonly kind: 'related'
  readonly exists: boolean
  /** Logical name of the other table. */
  readonly table: string
  /** Column of the other table, and of this one, that are equal. */
  readonly from: string
  readonly to: string
  /** What the related row has to meet. */
  readonly filter: readonly Condition[]
}

export type Comparison = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge'

export interface ConditionColumn {
  /** Logical name: FetchXML's. */
  readonly name: string
  /** Property: OData's. */
  readonly property: string
}

/** A constant; only a text is written differently from what it says. */
export interface ConditionValue {
  readonly kind: 'text' | 'plain'
  readonly text: string
}

/** Elements that count against the service's limit. */
export function countConditions(conditions: readonly Condition[]): number {
  return conditions.reduce((sum, condition) => {
    if (condition.kind === 'all' || condition.kind === 'any') return sum + countConditions(condition.of)
    return sum + 1 + (condition.kind === 'related' ? countConditions(condition.filter) : 0)
  }, 0)
}

/** Every condition that is no group of others, those on related rows among them. */
export function conditionsWithin(conditions: readonly Condition[]): readonly Condition[] {
  return conditions.flatMap((condition) => {
    if (condition.kind === 'all' || condition.kind === 'any') return conditionsWithin(condition.of)
    return condition.kind === 'related' ? [condition, ...conditionsWithin(condition.filter)] : [condition]
  })
}

/** `column` is one of these values. */
export function isOneOf(column: ConditionColumn, values: readonly ConditionValue[]): Condition {
  return anyOf(values.map((value) => ({ kind: 'compare', column, operator: 'eq', value })))
}

export function anyOf(conditions: readonly Condition[]): Condition {
  const [only, more] = conditions
  return only !== undefined && more === undefined ? only : { kind: 'any', of: conditions }
}

/** `%`, `_` and `[` are wildcards to the service wherever a part of a text is looked for. */
export function wildcardFree(text: string): string {
  return text.replace(/[%_[]/g, '[$&]')
}
