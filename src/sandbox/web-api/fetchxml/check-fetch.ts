import { notEmulated } from '../operation.ts'
import { fetchError } from './fetch-error.ts'
import type { FetchEntity, FetchFilter, FetchLink, FetchOrder, FetchQuery } from './fetch-query.ts'

/** What the service refuses in a query that reads well: limits, aliases, and aggregates where none can be. */
export function checkFetch(query: FetchQuery): void {
  const entities = entitiesOf(query.entity)
  checkAliases(entities)
  for (const { name, filters } of entities) for (const filter of filters) checkFilter(filter, name)
  const elements = entities.reduce(
    (sum, { filters }) => sum + sumOf(filters, conditionsOf),
    entities.length - 1,
  )
  if (elements > MAX_CONDITIONS)
    throw fetchError('Number of conditions in query exceeded maximum limit.', '0x8004430C')
  for (const { attributes, orders } of entities) {
    for (const { name, aggregate, rowAggregate } of attributes) {
      if (aggregate !== undefined && !query.aggregate)
        throw fetchError(
          `The aggregate of the attribute ${name} needs aggregate="true" in the fetch element.`,
        )
      if (rowAggregate !== undefined && rowAggregate !== 'CountChildren')
        throw fetchError(`Invalid rowaggregate: ${rowAggregate}.`)
      if (rowAggregate !== undefined && query.aggregate)
        throw notEmulated('rowaggregate in an aggregate query of FetchXML')
    }
    for (const order of orders) checkOrder(order, query)
  }
}

/** `condition` and `link-entity` elements together: https://learn.microsoft.com/power-apps/developer/data-platform/fetchxml/filter-rows#condition-limits */
const MAX_CONDITIONS = 500

/** The entity and all below it, those in filters too. */
function entitiesOf(entity: FetchEntity | FetchLink): (FetchEntity | FetchLink)[] {
  const inFilters = (filter: FetchFilter): FetchLink[] => [
    ...filter.links,
    ...filter.filters.flatMap(inFilters),
  ]
  const links = [...entity.links, ...entity.filters.flatMap(inFilters)]
  return [entity, ...links.flatMap(entitiesOf)]
}

const ALIAS = /^[A-Za-z_][\w.]*$/

function checkAliases(entities: readonly (FetchEntity | FetchLink)[]): void {
  const links = entities.flatMap((entity) => ('alias' in entity ? [entity.alias] : []))
  const attributes = entities.flatMap((entity) => entity.attributes.flatMap(({ alias }) => alias ?? []))
  for (const aliases of [links, attributes]) {
    for (const alias of aliases)
      if (!ALIAS.test(alias))
        throw fetchError(
          `Invalid character specified for alias: ${alias}. Only characters within the ranges [A-Z], [a-z] or [0-9] or _ are allowed.  The first character may only be in the ranges [A-Z], [a-z] or _.`,
          '0x80041109',
        )
    if (new Set(aliases).size < aliases.length) throw fetchError('FetchXML should have unique aliases.')
  }
}

function checkOrder({ attribute, alias }: FetchOrder, { aggregate }: FetchQuery): void {
  if (aggregate && attribute !== undefined)
    throw fetchError(
      'An attribute cannot be specified for an order clause for an aggregate Query. Use an alias',
    )
  if (!aggregate && alias !== undefined)
    throw fetchError(
      'An alias cannot be specified for an order clause for a non-aggregate Query. Use an attribute.',
    )
}

/** Operators that may stand without a value. */
const VALUELESS = /^(?:eq|ne)-|^(?:not-)?null$|^(?:today|tomorrow|yesterday)$|^(?:last|this|next)-(?!x-)/

function checkFilter({ conditions, filters }: FetchFilter, entity: string): void {
  for (const { attribute, entityName = entity, operator, values, valueOf: other } of conditions)
    if (other === undefined && !VALUELESS.test(operator) && values.every((value) => value === ''))
      throw fetchError(
        `Condition for attribute '${entityName}.${attribute}': null is not a valid value for an attribute. Use 'Null' or 'NotNull' conditions instead.`,
      )
  for (const filter of filters) checkFilter(filter, entity)
}

function conditionsOf({ conditions, filters }: FetchFilter): number {
  return conditions.length + sumOf(filters, conditionsOf)
}

function sumOf<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((sum, item) => sum + count(item), 0)
}
