import type { ColumnDefinition, KeyDefinition, OneToMany, TableDefinition } from '../schema.ts'
import { bigint, type Declared, guid, lookup, moment, whole } from './columns.ts'

/** Puts a table together: its own columns, those every table of its ownership has, and its relationships. */
export interface TableDeclaration {
  readonly name: string
  /** Default: the name with its first letter in upper case. */
  readonly schemaName?: string
  readonly set: string
  readonly label: string
  readonly plural: string
  readonly code: number
  /** Default: the name with `id`. */
  readonly key?: string
  readonly primaryName?: string
  readonly ownership?: TableDefinition['ownership']
  readonly kind?: TableDefinition['kind']
  readonly base?: 'activitypointer' | 'principal'
  readonly activity?: boolean
  readonly image?: string
  readonly changeTracking?: boolean
  readonly optimisticConcurrency?: boolean
  readonly duplicateDetection?: boolean
  readonly multiple?: boolean
  readonly custom?: boolean
  /** Alternate keys: name to columns. */
  readonly keys?: Readonly<Record<string, readonly string[]>>
  readonly columns: readonly Declared[]
}

export interface DeclaredTable {
  readonly table: TableDefinition
  readonly oneToMany: readonly OneToMany[]
}

export function table(declaration: TableDeclaration): DeclaredTable {
  const { name, ownership = 'UserOwned', kind = 'Standard', custom = false } = declaration
  const key = declaration.key ?? `${name}id`
  const own = declaration.columns.flatMap(({ columns }) => columns)
  const named = new Set(own.map(({ logicalName }) => logicalName))
  const standard = systemColumns(name, ownership).filter(
    ({ columns: [first] }) => first !== undefined && !named.has(first.logicalName),
  )
  const primary = guid(declaration.key ?? `${declaration.schemaName ?? capital(name)}Id`, declaration.label, {
    required: 'SystemRequired',
    update: false,
  })
  const declared = [...(named.has(key) ? [] : [primary]), ...declaration.columns, ...standard]
  return {
    table: {
      logicalName: name,
      schemaName: declaration.schemaName ?? capital(name),
      entitySetName: declaration.set,
      label: declaration.label,
      pluralLabel: declaration.plural,
      objectTypeCode: declaration.code,
      primaryKey: key,
      primaryName: declaration.primaryName,
      ownership,
      kind,
      changeTracking: declaration.changeTracking ?? true,
      optimisticConcurrency: declaration.optimisticConcurrency ?? kind === 'Standard',
      duplicateDetection: declaration.duplicateDetection ?? false,
      multiple: declaration.multiple ?? kind !== 'Intersect',
      custom,
      activity: declaration.activity ?? false,
      ...(declaration.base === undefined ? {} : { baseTable: declaration.base }),
      ...(declaration.image === undefined ? {} : { primaryImage: declaration.image }),
      columns: declared.flatMap(({ columns }) => columns).sort(byName),
      keys: Object.entries(declaration.keys ?? {}).map(([schemaName, columns]) => keyOf(schemaName, columns)),
    },
    oneToMany: declared.flatMap((declaredColumn) => relationshipsOf(name, declaredColumn)),
  }
}

function keyOf(schemaName: string, columns: readonly string[]): KeyDefinition {
  return { logicalName: schemaName.toLowerCase(), schemaName, label: schemaName, columns }
}

function relationshipsOf(referencingTable: string, { lookup: declared }: Declared): OneToMany[] {
  if (!declared) return []
  const { column, targets, navigation, onDelete, hierarchical } = declared
  const several = Object.keys(targets).length > 1
  return Object.entries(targets).map(([referencedTable, relationship]) => ({
    schemaName: relationship,
    referencedTable,
    referencingTable,
    referencingColumn: column,
    lookupNavigation: suffix(column, several)
      ? `${navigation}_${regarding(column, referencedTable, referencingTable)}`
      : navigation,
    collectionNavigation: relationship,
    onDelete,
    hierarchical: hierarchical && referencedTable === referencingTable,
  }))
}

/** `customerid_account`, but plain `ownerid`: its targets share the base type `principal`. */
const suffix = (column: string, several: boolean): boolean => several && column !== 'ownerid'

/** `regardingobjectid_account_task` on activities, `customerid_account` elsewhere. */
const regarding = (column: string, target: string, table: string): string =>
  column === 'regardingobjectid' ? `${target}_${table}` : target

function systemColumns(name: string, ownership: TableDefinition['ownership']): readonly Declared[] {
  if (ownership === 'None') return [version]
  const by = (column: string, label: string) =>
    lookup(column, label, {
      to: { systemuser: `lk_${name}base_${column.toLowerCase()}` },
      create: false,
      update: false,
    })
  const audit = [
    moment('CreatedOn', 'Created On', { create: false, update: false }),
    by('CreatedBy', 'Created By'),
    by('CreatedOnBehalfBy', 'Created By (Delegate)'),
    moment('ModifiedOn', 'Modified On', { create: false, update: false }),
    by('ModifiedBy', 'Modified By'),
    by('ModifiedOnBehalfBy', 'Modified By (Delegate)'),
    moment('OverriddenCreatedOn', 'Record Created On', { update: false, format: 'DateOnly' }),
    whole('ImportSequenceNumber', 'Import Sequence Number', [-2147483648, 2147483647], { update: false }),
    whole('TimeZoneRuleVersionNumber', 'Time Zone Rule Version Number', [-1, 2147483647]),
    whole('UTCConversionTimeZoneCode', 'UTC Conversion Time Zone Code', [-1, 2147483647]),
    version,
  ]
  if (ownership !== 'UserOwned') return audit
  return [
    ...audit,
    lookup('OwnerId', 'Owner', {
      type: 'Owner',
      to: { systemuser: `user_${name}`, team: `team_${name}` },
      required: 'SystemRequired',
    }),
    lookup('OwningBusinessUnit', 'Owning Business Unit', {
      to: { businessunit: `business_unit_${name}` },
      create: false,
      update: false,
    }),
    lookup('OwningTeam', 'Owning Team', { to: { team: `owningteam_${name}` }, create: false, update: false }),
    lookup('OwningUser', 'Owning User', {
      to: { systemuser: `owninguser_${name}` },
      create: false,
      update: false,
    }),
  ]
}

const version = bigint('VersionNumber', 'Version Number', { create: false, update: false })

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)

const byName = (a: ColumnDefinition, b: ColumnDefinition): number => (a.logicalName < b.logicalName ? -1 : 1)
