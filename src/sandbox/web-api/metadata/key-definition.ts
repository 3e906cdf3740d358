/** `EntityKeyMetadata`: a table's alternate keys. */
import type { TableDefinition } from '../../schema.ts'
import type { Definition } from './definition.ts'
import { label, managedProperty, metadataId } from './parts.ts'

export function keyDefinitions(table: TableDefinition): readonly Definition[] {
  return table.keys.map((key) => ({
    type: 'EntityKeyMetadata',
    properties: {
      EntityLogicalName: table.logicalName,
      SchemaName: key.schemaName,
      LogicalName: key.logicalName,
      KeyAttributes: key.columns,
      IsSecondaryKey: false,
      EntityKeyIndexStatus: 'Active',
      AsyncJob: null,
      IsExported: false,
      IsSynchronous: true,
      IntroducedVersion: '1.0',
      IsManaged: !table.custom,
      MetadataId: metadataId('key', table.logicalName, key.logicalName),
      HasChanged: null,
      DisplayName: label(key.label, {
        key: `key/${table.logicalName}/${key.logicalName}`,
        managed: !table.custom,
      }),
      IsCustomizable: managedProperty(true, 'iscustomizable'),
    },
    navigation: {},
  }))
}
