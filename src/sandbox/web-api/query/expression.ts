/** The grammar of `$filter`, as a tree. Names are not looked up here. */
export type Expression =
  | {
      readonly kind: 'logical'
      readonly operator: 'and' | 'or'
      readonly left: Expression
      readonly right: Expression
    }
  | { readonly kind: 'not'; readonly inner: Expression }
  | {
      readonly kind: 'compare'
      readonly operator: CompareOperator
      readonly left: Operand
      readonly right: Operand
    }
  | { readonly kind: 'text'; readonly name: TextFunction; readonly property: Path; readonly text: Operand }
  | {
      readonly kind: 'query'
      /** What stands before the function: `o` of `o/Microsoft.Dynamics.CRM.Today(…)`. */
      readonly owner: readonly string[]
      readonly name: string
      readonly parameters: ReadonlyMap<string, Operand>
    }
  | {
      readonly kind: 'lambda'
      readonly quantifier: 'any' | 'all'
      readonly collection: Path
      readonly variable: string
      readonly inner: Expression | undefined
    }
  | { readonly kind: 'boolean'; readonly operand: Operand }

export type CompareOperator = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le'
export type TextFunction = 'contains' | 'startswith' | 'endswith'

export interface Path {
  readonly kind: 'path'
  /** `primarycontactid/fullname` as two segments. */
  readonly segments: readonly string[]
}

export type Operand =
  | Path
  | { readonly kind: 'null' }
  | { readonly kind: 'text'; readonly value: string }
  /** Digits as written. */
  | { readonly kind: 'number'; readonly value: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'guid'; readonly value: string }
  | { readonly kind: 'date'; readonly value: string }
  | { readonly kind: 'enum'; readonly type: string; readonly value: string }
  | { readonly kind: 'list'; readonly values: readonly string[] }
