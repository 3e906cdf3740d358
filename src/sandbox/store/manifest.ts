/**
 * What `environment.json` of a saved environment says. It is the one file without a digest, so it is checked value by
 * value; the schema is checked for being a schema, its digest having proved it to be the one that was saved.
 */
import type { SchemaDefinition } from '../schema.ts'
import { damaged, type Written } from './saved-file.ts'
import { isObject } from './saved-row.ts'
import type { Organization } from './store.ts'

/** Goes up when an older d365 could not read what a newer one saves. */
export const FORMAT = 1

export interface Manifest {
  readonly format: typeof FORMAT
  readonly folder: string
  /** Digits: the store's version is a big integer. */
  readonly version: string
  readonly organization: Organization
  readonly schema: Written
  readonly tables: readonly SavedTable[]
  readonly files: readonly SavedFile[]
}

export interface SavedTable {
  readonly name: string
  /** What the cells of a line belong to. */
  readonly columns: readonly string[]
  readonly rows: Written
  readonly deletions?: Written
}

export interface SavedFile extends Written {
  readonly id: string
  readonly name: string
  readonly mimeType: string
}

export function readManifest(value: unknown, path: string): Manifest {
  if (isManifest(value)) return value
  if (isObject(value) && typeof value.format === 'number' && value.format !== FORMAT)
    throw damaged(path, `it has format ${value.format}, and this version of d365 reads format ${FORMAT}`)
  throw damaged(path, 'it does not describe a saved environment')
}

export function readSchema(value: unknown, path: string): SchemaDefinition {
  if (isSchema(value)) return value
  throw damaged(path, 'it is not a schema')
}

function isManifest(value: unknown): value is Manifest {
  return (
    isObject(value) &&
    value.format === FORMAT &&
    typeof value.folder === 'string' &&
    // The name becomes part of a path: nothing outside the folder is ever read.
    /^saved-\d+$/.test(value.folder) &&
    typeof value.version === 'string' &&
    /^\d+$/.test(value.version) &&
    isOrganization(value.organization) &&
    isWritten(value.schema) &&
    isListOf(value.tables, isSavedTable) &&
    isListOf(value.files, isSavedFile)
  )
}

const ORGANIZATION_TEXTS = ['id', 'name', 'baseCurrencyId', 'rootBusinessUnitId', 'version'] as const

function isOrganization(value: unknown): value is Organization {
  return (
    isObject(value) &&
    ORGANIZATION_TEXTS.every((name) => typeof value[name] === 'string') &&
    typeof value.changeTrackingDays === 'number'
  )
}

function isWritten(value: unknown): value is Written {
  return isObject(value) && typeof value.bytes === 'number' && typeof value.sha256 === 'string'
}

function isSavedTable(value: unknown): value is SavedTable {
  return (
    isObject(value) &&
    typeof value.name === 'string' &&
    /^\w+$/.test(value.name) &&
    isListOf(value.columns, (column) => typeof column === 'string') &&
    isWritten(value.rows) &&
    (value.deletions === undefined || isWritten(value.deletions))
  )
}

function isSavedFile(value: unknown): value is SavedFile {
  return (
    isObject(value) &&
    [value.id, value.name, value.mimeType].every((text) => typeof text === 'string') &&
    isWritten(value)
  )
}

function isSchema(value: unknown): value is SchemaDefinition {
  return (
    isObject(value) &&
    isListOf(value.tables, isTable) &&
    isListOf(value.oneToMany, isRelationship) &&
    isListOf(value.manyToMany, isRelationship)
  )
}

const isTable = (value: unknown): boolean =>
  isObject(value) &&
  typeof value.logicalName === 'string' &&
  typeof value.primaryKey === 'string' &&
  Array.isArray(value.columns) &&
  Array.isArray(value.keys)

const isRelationship = (value: unknown): boolean => isObject(value) && typeof value.schemaName === 'string'

function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem)
}
