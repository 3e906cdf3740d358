/**
 * One metadata object as the metadata endpoints hand it out: its JSON properties in the service's order, and what
 * it can expand. Definitions are plain data derived from the schema; `definition-query.ts` selects from them.
 */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `value` where it is an object, else an empty one. */
export function jsonObject(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}

export interface Definition {
  /** Type without its namespace: `PicklistAttributeMetadata`. */
  readonly type: string
  /** Every property, `MetadataId` and `HasChanged` included, in the order of a plain read. */
  readonly properties: JsonObject
  /** Set where collections declare a base type: what can be asked for without a cast. */
  readonly base?: { readonly type: string; readonly properties: ReadonlySet<string> }
  /** What `$expand` and a longer path reach. */
  readonly navigation: Readonly<Record<string, Navigation>>
}

export type Navigation =
  /** A collection; `contained` ones print their own context when expanded. */
  | { readonly many: () => readonly Definition[]; readonly contained: boolean }
  | { readonly one: () => Definition | null }

/** Navigations declared with a base type; those of relationships name the derived type, so nothing is hidden in them. */
const OF_BASE_TYPE = new Set(['Attributes'])

export function declaresDerivedType(navigation: string): boolean {
  return !OF_BASE_TYPE.has(navigation)
}

export const NAMESPACE = 'Microsoft.Dynamics.CRM'

export function textOf(definition: Definition, property: string): string {
  const value = definition.properties[property]
  return typeof value === 'string' ? value : ''
}
