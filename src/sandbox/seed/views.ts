import type { StoredRow } from '../store/store.ts'

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
