import type { BulkCapabilities } from './capabilities.ts'

/**
 * Bulk messages of Dataverse. On standard tables each is one transaction; on elastic tables each row stands alone.
 * https://learn.microsoft.com/power-apps/developer/data-platform/bulk-operations
 */
export const DATAVERSE_BULK: BulkCapabilities = {
  messages: {
    insert: message('CreateMultiple'),
    update: message('UpdateMultiple'),
    // Has no entry of its own: a table takes it that takes both of the others.
    upsert: {
      ...message('UpsertMultiple'),
      needs: ['CreateMultiple', 'UpdateMultiple'],
      byAlternateKey: true,
    },
    delete: { ...message('DeleteMultiple'), keyColumns: ['partitionid'] },
  },
  namespace: 'Microsoft.Dynamics.CRM.',
  // 100 to 1,000 are recommended for standard tables, 100 for elastic ones.
  rows: (tableKind) => (tableKind === 'elastic' ? { start: 100, most: 100 } : { start: 100, most: 1000 }),
  support: (name, table) =>
    'sdkmessagefilters?$select=sdkmessagefilterid' +
    '&$filter=sdkmessageid/name%20eq%20@message%20and%20primaryobjecttypecode%20eq%20@table' +
    `&@message='${name}'&@table='${table}'`,
  transaction: (tableKind) => tableKind !== 'elastic',
  failedRows: {
    headers: { Prefer: 'odata.include-annotations="*"' },
    annotation: 'Microsoft.PowerApps.CDS.ErrorDetails.Plugin.BulkApiErrorDetails',
  },
}

function message(name: string) {
  return { name, needs: [name], byAlternateKey: false, keyColumns: [] }
}
