/** The small building blocks of every definition: ids, labels, managed properties. */
import { createHash } from 'node:crypto'
import type { JsonObject } from './definition.ts'

/** The only language the sandbox has labels in. */
export const LANGUAGE = 1033

/**
 * Ids that are the same in every environment, as recorded from real ones; all others are derived from names.
 * Keyed like the path given to `metadataId`.
 */
const WELL_KNOWN_IDS: Readonly<Record<string, string>> = {
  'entity/account': '70816501-edb9-4740-a16c-6a5efbc05d84',
  'entity/contact': '608861bc-50a4-4c5f-a02c-21fe1943e2cf',
  'entity/businessunit': 'f01e8baa-c7f5-4ec3-b538-5a3eed8527f6',
  'attribute/account/accountcategorycode': '118771ca-6fb9-4f60-8fd4-99b6124b63ad',
  'optionset/account/accountcategorycode': 'b994cdd8-5ce9-4ab9-bdd3-8888ebdb0407',
}

/** A GUID that depends on the names alone: the same in every process and after every reset. */
export function metadataId(...path: readonly string[]): string {
  const key = path.join('/')
  const known = WELL_KNOWN_IDS[key]
  if (known) return known
  const hash = createHash('sha1').update(`d365-sandbox/${key}`).digest('hex')
  const variant = ((Number.parseInt(hash.slice(16, 17), 16) & 0x3) | 0x8).toString(16)
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-5${hash.slice(13, 16)}-${variant}${hash.slice(17, 20)}-${hash.slice(20, 32)}`
}

/** A `Label` in one language; without text it is the empty label. `key` makes the label's own id. */
export function label(
  text: string | undefined,
  { key, managed }: { key: string; managed: boolean },
): JsonObject {
  if (text === undefined) return EMPTY_LABEL
  const localized = {
    Label: text,
    LanguageCode: LANGUAGE,
    IsManaged: managed,
    MetadataId: metadataId('label', key),
    HasChanged: null,
  }
  return { LocalizedLabels: [localized], UserLocalizedLabel: localized }
}

export const EMPTY_LABEL: JsonObject = { LocalizedLabels: [], UserLocalizedLabel: null }

/** A `BooleanManagedProperty`, or with text the managed property of an enumeration. */
export function managedProperty(value: boolean | string, name: string, canBeChanged = true): JsonObject {
  return { Value: value, CanBeChanged: canBeChanged, ManagedPropertyLogicalName: name }
}

/** When system components were made, as the service prints it. */
export const SYSTEM_CREATED_ON = '1900-01-01T00:00:00Z'
export const MODIFIED_ON = '2026-01-01T00:00:00Z'
