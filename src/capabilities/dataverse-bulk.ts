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
  // Of 100 to 1,000 recommended for standard tables (100 for elastic ones): long enough that the budget of requests
  // does not bind, short enough to repeat.
  rows: (tableKind) => (tableKind === 'elastic' ? 100 : 200),
  maxRows: 1000,
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
