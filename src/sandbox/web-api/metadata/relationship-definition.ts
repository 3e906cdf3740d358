/** `OneToManyRelationshipMetadata` and `ManyToManyRelationshipMetadata`. */
import type { ManyToMany, OneToMany, TableDefinition } from '../../schema.ts'
import type { Schema } from '../../store/store.ts'
import type { Definition, JsonObject } from './definition.ts'
import { EMPTY_LABEL, managedProperty, metadataId } from './parts.ts'

const made = new WeakMap<OneToMany | ManyToMany, Definition>()

export function relationshipDefinitions(schema: Schema): readonly Definition[] {
  return [
    ...schema.oneToMany.map((relationship) => oneToManyDefinition(relationship, schema)),
    ...schema.manyToMany.map((relationship) => manyToManyDefinition(relationship, schema)),
  ]
}

export function manyToOneOf(table: TableDefinition, schema: Schema): readonly Definition[] {
  return schema.oneToMany
    .filter(({ referencingTable }) => referencingTable === table.logicalName)
    .map((relationship) => oneToManyDefinition(relationship, schema))
}

export function oneToManyOf(table: TableDefinition, schema: Schema): readonly Definition[] {
  return schema.oneToMany
    .filter(({ referencedTable }) => referencedTable === table.logicalName)
    .map((relationship) => oneToManyDefinition(relationship, schema))
}

export function manyToManyOf({ logicalName }: TableDefinition, schema: Schema): readonly Definition[] {
  return schema.manyToMany
    .filter(({ table1, table2 }) => table1 === logicalName || table2 === logicalName)
    .map((relationship) => manyToManyDefinition(relationship, schema))
}

function oneToManyDefinition(relationship: OneToMany, schema: Schema): Definition {
  return remembered(relationship, () => {
    const referenced = schema.table(relationship.referencedTable)
    const custom = isCustom(relationship.schemaName, schema, [relationship.referencingTable])
    return {
      type: 'OneToManyRelationshipMetadata',
      base: RELATIONSHIP_BASE,
      properties: {
        ...common(relationship.schemaName, 'OneToManyRelationship', custom),
        ReferencedAttribute: referenced?.primaryKey ?? 'ownerid',
        ReferencedEntity: relationship.referencedTable,
        ReferencingAttribute: relationship.referencingColumn,
        ReferencingEntity: relationship.referencingTable,
        IsHierarchical: relationship.hierarchical === true,
        EntityKey: null,
        IsRelationshipAttributeDenormalized: false,
        ReferencedEntityNavigationPropertyName: relationship.collectionNavigation,
        ReferencingEntityNavigationPropertyName: relationship.lookupNavigation,
        RelationshipBehavior: 1,
        IsDenormalizedLookup: null,
        DenormalizedAttributeName: null,
        IsCustomizable: managedProperty(true, 'iscustomizable', custom),
        AssociatedMenuConfiguration: MENU,
        CascadeConfiguration: {
          Assign: 'NoCascade',
          Delete: relationship.onDelete,
          Archive: 'NoCascade',
          Merge: 'NoCascade',
          Reparent: 'NoCascade',
          Share: 'NoCascade',
          Unshare: 'NoCascade',
          RollupView: 'NoCascade',
        },
        RelationshipAttributes: [],
      },
      navigation: {},
    }
  })
}

function manyToManyDefinition(relationship: ManyToMany, schema: Schema): Definition {
  return remembered(relationship, () => {
    const custom = isCustom(relationship.schemaName, schema, [relationship.table1, relationship.table2])
    return {
      type: 'ManyToManyRelationshipMetadata',
      base: RELATIONSHIP_BASE,
      properties: {
        ...common(relationship.schemaName, 'ManyToManyRelationship', custom),
        Entity1LogicalName: relationship.table1,
        Entity2LogicalName: relationship.table2,
        IntersectEntityName: relationship.intersectTable,
        Entity1IntersectAttribute: relationship.column1,
        Entity2IntersectAttribute: relationship.column2,
        Entity1NavigationPropertyName: relationship.navigation1,
        Entity2NavigationPropertyName: relationship.navigation2,
        IsCustomizable: managedProperty(true, 'iscustomizable', custom),
        Entity1AssociatedMenuConfiguration: MENU,
        Entity2AssociatedMenuConfiguration: MENU,
      },
      navigation: {},
    }
  })
}

function remembered(key: OneToMany | ManyToMany, make: () => Definition): Definition {
  const known = made.get(key)
  if (known) return known
  const definition = make()
  made.set(key, definition)
  return definition
}

const RELATIONSHIP_BASE = {
  type: 'RelationshipMetadataBase',
  properties: new Set([
    'MetadataId',
    'HasChanged',
    'IsCustomRelationship',
    'IsValidForAdvancedFind',
    'SchemaName',
    'SecurityTypes',
    'IsManaged',
    'RelationshipType',
    'IntroducedVersion',
    'IsCustomizable',
  ]),
}

function common(schemaName: string, type: string, custom: boolean): JsonObject {
  return {
    MetadataId: metadataId('relationship', schemaName),
    HasChanged: null,
    IsCustomRelationship: custom,
    IsValidForAdvancedFind: true,
    SchemaName: schemaName,
    SecurityTypes: 'Append',
    IsManaged: !custom,
    RelationshipType: type,
    IntroducedVersion: custom ? '1.0.0.0' : '5.0.0.0',
  }
}

/** A publisher's prefix, or a custom table on the many side, makes a relationship custom. */
function isCustom(schemaName: string, schema: Schema, tables: readonly string[]): boolean {
  return (
    /^(new|cr[0-9a-z]{3}|sample|contoso)_/.test(schemaName) ||
    tables.some((name) => schema.table(name)?.custom)
  )
}

const MENU: JsonObject = {
  Behavior: 'DoNotDisplay',
  Group: 'Details',
  Order: null,
  IsCustomizable: false,
  Icon: null,
  ViewId: '00000000-0000-0000-0000-000000000000',
  AvailableOffline: true,
  MenuId: null,
  QueryApi: null,
  Label: EMPTY_LABEL,
}
