import type { Schema, StoredRow } from '../store/store.ts'
import { ascendingId } from './random.ts'

/** Which messages the environment knows for which table: how clients learn that bulk messages are there. */
const MESSAGES = [
  'Create',
  'Update',
  'Delete',
  'CreateMultiple',
  'UpdateMultiple',
  'UpsertMultiple',
  'DeleteMultiple',
]

export function messageRows(schema: Schema): Readonly<Record<string, readonly StoredRow[]>> {
  const messages = MESSAGES.map((name, index) => ({ sdkmessageid: ascendingId('5d000000', index + 1), name }))
  const filters: StoredRow[] = []
  for (const { logicalName, kind, multiple } of schema.tables)
    for (const message of messages) {
      const offered = message.name.endsWith('Multiple')
        ? multiple && (message.name !== 'DeleteMultiple' || kind === 'Elastic')
        : kind !== 'Intersect'
      if (!offered) continue
      filters.push({
        sdkmessagefilterid: ascendingId('5f000000', filters.length + 1),
        sdkmessageid: message.sdkmessageid,
        primaryobjecttypecode: logicalName,
      })
    }
  return { sdkmessage: messages, sdkmessagefilter: filters }
}

/** Views that every environment has. */
export function viewRows(createdon: string): StoredRow[] {
  return VIEWS.map(([savedqueryid, name, returnedtypecode, fetchxml]) => ({
    savedqueryid,
    name,
    returnedtypecode,
    fetchxml,
    querytype: 0,
    isdefault: name.startsWith('Active'),
    statecode: 0,
    statuscode: 1,
    createdon,
    modifiedon: createdon,
  }))
}

const VIEWS: readonly (readonly [string, string, string, string])[] = [
  [
    '00000000-0000-0000-00aa-000010001002',
    'Active Accounts',
    'account',
    '<fetch version="1.0" output-format="xml-platform" mapping="logical"><entity name="account"><attribute name="name" /><attribute name="accountid" /><attribute name="primarycontactid" /><attribute name="telephone1" /><order attribute="name" descending="false" /><filter type="and"><condition attribute="statecode" operator="eq" value="0" /></filter></entity></fetch>',
  ],
  [
    '00000000-0000-0000-00aa-000010001003',
    'Active Contacts',
    'contact',
    '<fetch version="1.0" output-format="xml-platform" mapping="logical"><entity name="contact"><attribute name="fullname" /><attribute name="contactid" /><attribute name="emailaddress1" /><order attribute="fullname" descending="false" /><filter type="and"><condition attribute="statecode" operator="eq" value="0" /></filter></entity></fetch>',
  ],
  [
    '00000000-0000-0000-00aa-000010003006',
    'Open Opportunities',
    'opportunity',
    '<fetch version="1.0" output-format="xml-platform" mapping="logical"><entity name="opportunity"><attribute name="name" /><attribute name="estimatedvalue" /><order attribute="name" descending="false" /><filter type="and"><condition attribute="statecode" operator="eq" value="0" /></filter></entity></fetch>',
  ],
]
