/** `MetadataFilterExpression` of `RetrieveMetadataChanges`: conditions with typed values, nested with And and Or. */
import { ApiError, notEmulated } from '../operation.ts'
import { type Definition, isJsonObject, type Json } from './definition.ts'

export type MetadataTest = (definition: Definition) => boolean

/** Without criteria everything matches. */
export function metadataTest(criteria: Json | undefined): MetadataTest {
  if (!isJsonObject(criteria)) return () => true
  const { FilterOperator, Conditions, Filters } = criteria
  const tests = [
    ...list(Conditions).map((condition) => conditionTest(condition)),
    ...list(Filters).map((filter) => metadataTest(filter)),
  ]
  if (tests.length === 0) return () => true
  return FilterOperator === 'Or' || FilterOperator === 1
    ? (definition) => tests.some((test) => test(definition))
    : (definition) => tests.every((test) => test(definition))
}

function conditionTest(condition: Json): MetadataTest {
  if (!isJsonObject(condition)) throw invalid('A condition has to be an object.')
  const { PropertyName, ConditionOperator, Value } = condition
  if (typeof PropertyName !== 'string') throw invalid('A condition needs a PropertyName.')
  const expected = conditionValues(Value)
  const among = (definition: Definition): boolean =>
    expected.includes(comparable(definition.properties[PropertyName]))
  switch (ConditionOperator) {
    case 'Equals':
    case 'In':
      return among
    case 'NotEquals':
    case 'NotIn':
      return (definition) => !among(definition)
    case 'GreaterThan':
      return (definition) => numeric(definition.properties[PropertyName]) > Number(expected[0])
    case 'LessThan':
      return (definition) => numeric(definition.properties[PropertyName]) < Number(expected[0])
    default:
      throw notEmulated(`the metadata condition operator ${JSON.stringify(ConditionOperator ?? null)}`)
  }
}

/** `{"Type":"System.String","Value":"account"}`; lists come as arrays or as text that holds one. */
function conditionValues(value: Json | undefined): readonly string[] {
  const inner = isJsonObject(value) ? value.Value : value
  if (Array.isArray(inner)) return inner.map(comparable)
  if (typeof inner === 'string' && inner.startsWith('[')) {
    return inner
      .slice(1, -1)
      .split(',')
      .map((part) => comparable(part.trim().replace(/^['"]|['"]$/g, '')))
  }
  return [comparable(inner)]
}

/** Booleans come as `True` or `true`, managed properties are compared by their value. */
function comparable(value: Json | undefined): string {
  const inner = isJsonObject(value) ? value.Value : value
  return String(inner ?? '').toLowerCase()
}

function numeric(value: Json | undefined): number {
  return typeof value === 'number' ? value : Number.NaN
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}

function invalid(message: string): ApiError {
  return new ApiError(400, '0x80040203', message)
}
