/** `$select` and `$expand` over definitions: validated names, nested options, contexts of inlined values. */
import { ApiError, notEmulated } from '../operation.ts'
import { type Definition, declaresDerivedType, type Json, type JsonObject, NAMESPACE } from './definition.ts'
import { type DefinitionTest, definitionFilter } from './definition-filter.ts'
import { callText, splitOutside } from './url-text.ts'

export interface DefinitionQuery {
  /** Undefined: everything. */
  readonly select: readonly string[] | undefined
  readonly expand: readonly Expansion[]
  readonly filter: DefinitionTest | undefined
  readonly count: boolean
}

export interface Expansion {
  readonly name: string
  readonly query: DefinitionQuery
}

/** Options of the metadata endpoints; anything else that starts with `$` is refused. */
export function definitionQuery(options: ReadonlyMap<string, string>): DefinitionQuery {
  for (const name of options.keys()) {
    if (name.startsWith('$') && !KNOWN_OPTIONS.has(name)) {
      throw new ApiError(
        501,
        '0x8006088a',
        `The "${name}" query option isn't supported for Metadata Entities.`,
      )
    }
  }
  const select = options.get('$select')
  const filter = options.get('$filter')
  const expand = options.get('$expand')
  return {
    select: select === undefined || select === '*' ? undefined : names(select),
    expand: expand === undefined ? [] : splitOutside(expand, ',').map((text) => expansion(text.trim())),
    filter: filter === undefined ? undefined : definitionFilter(filter),
    count: options.get('$count') === 'true',
  }
}

const KNOWN_OPTIONS = new Set(['$select', '$filter', '$expand', '$count'])

function names(list: string): readonly string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

function expansion(text: string): Expansion {
  const { name, inner = '' } = callText(text)
  const options = new Map<string, string>()
  for (const part of splitOutside(inner, ';')) {
    const equals = part.indexOf('=')
    if (equals > 0) options.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim())
  }
  return { name, query: definitionQuery(options) }
}

export interface RenderPlace {
  /** Absolute service root. */
  readonly root: string
  /** Path of this definition with its key and cast, for the contexts of what is inlined in it. */
  readonly path: string
  /** The request casts to the derived type, so derived properties may be named and `@odata.type` is left out. */
  readonly cast: boolean
}

/** The JSON of one definition. */
export function renderDefinition(
  definition: Definition,
  query: DefinitionQuery,
  place: RenderPlace,
): JsonObject {
  const selected = selectProperties(definition, query, place.cast)
  const output: Record<string, Json> = {}
  if (!place.cast && definition.base && !UNTYPED.has(definition.type)) {
    output['@odata.type'] = `#${NAMESPACE}.${definition.type}`
  }
  Object.assign(output, selected)
  for (const { name, query: inner } of query.expand) {
    const navigation = place.cast || !definition.base ? definition.navigation[name] : undefined
    if (!navigation) throw unknownProperty(definition, name, place.cast)
    const path = `${place.path}/${name}`
    const render = (child: Definition): JsonObject =>
      renderDefinition(child, inner, {
        root: place.root,
        path,
        cast: 'one' in navigation || declaresDerivedType(name),
      })
    if ('one' in navigation) {
      const child = navigation.one()
      if (child)
        output[`${name}@odata.context`] = `${place.root}$metadata#${path}${projection(inner)}/$entity`
      output[name] = child ? render(child) : null
      continue
    }
    if (navigation.contained)
      output[`${name}@odata.context`] = `${place.root}$metadata#${path}${projection(inner)}`
    output[name] = navigation
      .many()
      .filter(inner.filter ?? everything)
      .map(render)
  }
  return output
}

/** Types the service prints without `@odata.type` in lists. */
const UNTYPED = new Set(['AttributeMetadata', 'UniqueIdentifierAttributeMetadata'])

export const everything: DefinitionTest = () => true

/** `MetadataId` always comes along; with `$expand` and no `$select` it and `HasChanged` come first. */
function selectProperties(
  definition: Definition,
  query: DefinitionQuery,
  cast: boolean,
): Record<string, Json> {
  const { properties } = definition
  if (!query.select) {
    if (query.expand.length === 0) return { ...properties }
    return { MetadataId: properties.MetadataId ?? null, HasChanged: null, ...properties }
  }
  const output: Record<string, Json> = {}
  for (const name of query.select) {
    const value = properties[name]
    const hidden = !cast && definition.base !== undefined && !definition.base.properties.has(name)
    if (value === undefined || hidden) throw unknownProperty(definition, name, cast)
    output[name] = value
  }
  if (properties.MetadataId !== undefined) output.MetadataId = properties.MetadataId
  return output
}

function unknownProperty(definition: Definition, name: string, cast: boolean): ApiError {
  const type = cast ? definition.type : (definition.base?.type ?? definition.type)
  if (type === 'EntityMetadata' && name === 'Privileges') return notEmulated(`$expand=${name}`)
  return new ApiError(
    400,
    '0x80060888',
    `Could not find a property named '${name}' on type '${NAMESPACE}.${type}'.`,
  )
}

/** The part of a context that names columns: `(LogicalName,OptionSet(Options))`. */
export function projection({ select, expand }: DefinitionQuery): string {
  const columns = [
    ...(select ?? []),
    ...expand.map(({ name, query }) => `${name}${projection(query) || '()'}`),
  ]
  return columns.length > 0 ? `(${columns.join(',')})` : ''
}
