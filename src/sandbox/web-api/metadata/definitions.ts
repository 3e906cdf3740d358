/**
 * GET below `EntityDefinitions`, `RelationshipDefinitions` and `GlobalOptionSetDefinitions`: walks a path of
 * collections, keys, casts and properties, then answers one definition, a collection (never paged) or a value.
 */
import { parseGuid } from '../../../core/guid.ts'
import type { Schema } from '../../store/store.ts'
import { ApiError, type ApiRequest, type ApiResponse, notEmulated } from '../operation.ts'
import {
  type Definition,
  declaresDerivedType,
  isJsonObject,
  type Json,
  NAMESPACE,
  textOf,
} from './definition.ts'
import { definitionQuery, everything, projection, renderDefinition } from './definition-query.ts'
import { entityDefinition } from './entity-definition.ts'
import { globalOptionSetDefinitions } from './option-set-definition.ts'
import { relationshipDefinitions } from './relationship-definition.ts'
import { callText, decodeText, queryOptions, splitOutside, unquote } from './url-text.ts'

export interface DefinitionContext {
  readonly schema: Schema
  readonly root: string
}

/** Names a definition can be addressed by. Tables and columns are not found by their `SchemaName`. */
const KEY_PROPERTIES = new Set(['LogicalName', 'SchemaName', 'Name', 'MetadataId'])

const ROOTS: Readonly<Record<string, (schema: Schema) => readonly Definition[]>> = {
  EntityDefinitions: (schema) => schema.tables.map((table) => entityDefinition(table, schema)),
  RelationshipDefinitions: relationshipDefinitions,
  GlobalOptionSetDefinitions: globalOptionSetDefinitions,
}

export const DEFINITION_SETS: readonly string[] = Object.keys(ROOTS)

export function readDefinitions({ path, query }: ApiRequest, context: DefinitionContext): ApiResponse {
  const segments = splitOutside(path, '/').map(decodeText)
  const place = segments.slice(1).reduce(step, start(segments[0] ?? '', context.schema))
  return answer(place, queryOptions(query), context.root)
}

/** The one definition a path means; writers use it. */
export function findDefinition(path: string, schema: Schema): Definition | undefined {
  const segments = splitOutside(path, '/').map(decodeText)
  const place = segments.slice(1).reduce(step, start(segments[0] ?? '', schema))
  return place.kind === 'one' ? place.definition : undefined
}

/** Where a path has come to so far. `context` is the path of the collection, for `@odata.context`. */
type Place =
  | { kind: 'many'; definitions: readonly Definition[]; context: string; cast: boolean }
  | { kind: 'one'; definition: Definition; context: string; path: string; cast: boolean }
  | { kind: 'value'; value: Json; path: string }
  | { kind: 'raw'; value: Json }
  | { kind: 'count'; definitions: readonly Definition[] }

function start(segment: string, schema: Schema): Place {
  const { name, inner } = callText(segment)
  const list = ROOTS[name]
  if (!list) throw new ApiError(404, '0x8006088a', `Resource not found for the segment '${name}'.`)
  const many: Place = { kind: 'many', definitions: list(schema), context: name, cast: false }
  return inner === undefined ? many : keyed(many, inner)
}

function step(place: Place, segment: string): Place {
  const { name, inner } = callText(segment)
  const next = advance(place, name)
  if (inner === undefined) return next
  if (next.kind !== 'many') throw notFound(segment)
  return keyed(next, inner)
}

function advance(place: Place, name: string): Place {
  if (name.startsWith(`${NAMESPACE}.`)) return castTo(place, name.slice(NAMESPACE.length + 1))
  if (name === '$ref') throw notEmulated('$ref on metadata')
  if (place.kind === 'many' && name === '$count') return { kind: 'count', definitions: place.definitions }
  if (place.kind === 'value') return partOf(place, name)
  if (place.kind !== 'one') throw notFound(name)
  const { definition, path, cast } = place
  const navigation = cast || !definition.base ? definition.navigation[name] : undefined
  if (navigation && 'many' in navigation) {
    return {
      kind: 'many',
      definitions: navigation.many(),
      context: `${path}/${name}`,
      cast: declaresDerivedType(name),
    }
  }
  if (navigation) {
    const child = navigation.one()
    if (!child) return { kind: 'value', value: null, path: `${path}/${name}` }
    const inner = `${path}/${name}`
    return { kind: 'one', definition: child, context: inner, path: inner, cast: true }
  }
  const value = definition.properties[name]
  if (value === undefined) throw notFound(name)
  return { kind: 'value', value, path: `${path}/${name}` }
}

/** `…/DisplayName/UserLocalizedLabel/Label/$value`: further into a value. */
function partOf({ value, path }: Extract<Place, { kind: 'value' }>, name: string): Place {
  if (name === '$value') return { kind: 'raw', value }
  const part = isJsonObject(value) ? value[name] : undefined
  if (part === undefined) throw notFound(name)
  return { kind: 'value', value: part, path: `${path}/${name}` }
}

function castTo(place: Place, type: string): Place {
  if (!CASTS.has(type)) {
    throw new ApiError(400, '0x80060888', `The type '${NAMESPACE}.${type}' cannot be used as a cast here.`)
  }
  if (place.kind === 'many') {
    if (place.cast) throw new ApiError(400, '0x80060888', 'Only one cast is allowed in a metadata request.')
    const definitions = place.definitions.filter((definition) => definition.type === type)
    return { kind: 'many', definitions, context: `${place.context}/${NAMESPACE}.${type}`, cast: true }
  }
  if (place.kind !== 'one' || place.definition.type !== type) throw notFound(`${NAMESPACE}.${type}`)
  return {
    ...place,
    context: `${place.context}/${NAMESPACE}.${type}`,
    path: `${place.path}/${NAMESPACE}.${type}`,
    cast: true,
  }
}

/** Types that can be cast to; `EnumAttributeMetadata` is abstract and cannot. */
const CASTS: ReadonlySet<string> = new Set([
  ...[
    ...[
      'BigInt',
      'Boolean',
      'DateTime',
      'Decimal',
      'Double',
      'EntityName',
      'File',
      'Image',
      'Integer',
      'Lookup',
    ],
    ...['ManagedProperty', 'Memo', 'Money', 'MultiSelectPicklist', 'Picklist', 'State', 'Status', 'String'],
    'UniqueIdentifier',
  ].map((kind) => `${kind}AttributeMetadata`),
  'OneToManyRelationshipMetadata',
  'ManyToManyRelationshipMetadata',
  'OptionSetMetadata',
  'BooleanOptionSetMetadata',
])

function keyed(place: Extract<Place, { kind: 'many' }>, key: string): Place {
  const equals = splitOutside(key, '=')
  const property = equals.length === 1 ? 'MetadataId' : (equals[0] ?? '').trim()
  const literal = (equals.length === 1 ? key : equals.slice(1).join('=')).trim()
  const wanted = property === 'MetadataId' ? literal.replace(/^'|'$/g, '').toLowerCase() : unquote(literal)
  const type = place.definitions[0]?.type ?? 'EntityMetadata'
  const bySchemaName = property === 'SchemaName' && /^Entity|AttributeMetadata$/.test(type)
  const noGuid = property === 'MetadataId' && parseGuid(wanted ?? '') === undefined
  if (!KEY_PROPERTIES.has(property) || wanted === undefined || bySchemaName || noGuid) {
    throw new ApiError(
      400,
      '0x80060888',
      `The key in the request URI is not valid for resource '${NAMESPACE}.${type}'. Ensure that the names and number of key properties match the declared or alternate key properties for the resource '${NAMESPACE}.${type}'.`,
    )
  }
  const folded = wanted.toLowerCase()
  const found = place.definitions.find((definition) => textOf(definition, property).toLowerCase() === folded)
  if (!found) throw missing(place, property, wanted)
  const shown = property === 'MetadataId' ? wanted : `'${wanted}'`
  return {
    kind: 'one',
    definition: found,
    context: place.context,
    path: `${place.context}(${shown})`,
    cast: place.cast,
  }
}

function missing(place: Extract<Place, { kind: 'many' }>, property: string, wanted: string): ApiError {
  if (place.context === 'EntityDefinitions' && property === 'LogicalName') {
    return new ApiError(
      404,
      '0x80060888',
      `Resource not found for the segment 'EntityDefinitions'. Could not find an entity with name ${wanted}.`,
    )
  }
  return new ApiError(404, '0x80040217', `Could not find ${place.context} with ${property} ${wanted}.`)
}

function answer(place: Place, options: ReadonlyMap<string, string>, root: string): ApiResponse {
  if (place.kind === 'raw') {
    if (place.value === null) return { status: 204 }
    const text = typeof place.value === 'object' ? JSON.stringify(place.value) : String(place.value)
    return { status: 200, headers: { 'Content-Type': 'text/plain' }, body: text }
  }
  if (place.kind === 'value') {
    return json({ '@odata.context': `${root}$metadata#${place.path}`, value: place.value })
  }
  const query = definitionQuery(options)
  if (place.kind === 'count') {
    const count = place.definitions.filter(query.filter ?? everything).length
    return { status: 200, headers: { 'Content-Type': 'text/plain' }, body: `\uFEFF${count}` }
  }
  const context = `${root}$metadata#${place.context}${projection(query)}`
  if (place.kind === 'one') {
    const rendered = renderDefinition(place.definition, query, { root, path: place.path, cast: place.cast })
    return json({ '@odata.context': `${context}/$entity`, ...rendered })
  }
  if (query.filter && place.context === 'GlobalOptionSetDefinitions') {
    throw new ApiError(
      501,
      '0x8006088a',
      'The "$filter" query option isn\'t supported for GlobalOptionSetDefinitions.',
    )
  }
  const value = place.definitions
    .filter(query.filter ?? everything)
    .map((definition) =>
      renderDefinition(definition, query, { root, path: memberPath(place, definition), cast: place.cast }),
    )
  return json({ '@odata.context': context, ...(query.count ? { '@odata.count': value.length } : {}), value })
}

/** Path of one member of a collection, with its cast behind the key. */
function memberPath(place: Extract<Place, { kind: 'many' }>, definition: Definition): string {
  const id = textOf(definition, 'MetadataId')
  if (!place.cast) {
    const name = textOf(definition, 'LogicalName')
    return `${place.context}(${name ? `'${name}'` : id})`
  }
  const at = place.context.lastIndexOf('/')
  return `${place.context.slice(0, at)}(${id})${place.context.slice(at)}`
}

function json(body: Json): ApiResponse {
  return { status: 200, body: JSON.stringify(body) }
}

function notFound(segment: string): ApiError {
  return new ApiError(404, '0x8006088a', `Resource not found for the segment '${segment}'.`)
}
