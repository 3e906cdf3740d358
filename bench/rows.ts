/** What the benchmark's rows look like, for the server that makes them and the clients that read them. */

export const ROWS_PER_PAGE = 5000

/** Columns as a client selects them. */
export const COLUMNS = [
  'accountid',
  'name',
  'accountnumber',
  'telephone1',
  'emailaddress1',
  'websiteurl',
  'address1_line1',
  'address1_city',
  'address1_stateorprovince',
  'address1_postalcode',
  'address1_country',
  'revenue',
  'numberofemployees',
  'industrycode',
  'statecode',
  'statuscode',
  'createdon',
  'modifiedon',
  '_primarycontactid_value',
  '_ownerid_value',
] as const

/** Adds up what a reader got: rows, and one column of every row. */
export interface Checksum {
  rows: number
  employees: number
}

export function addRow(sum: Checksum, row: { readonly numberofemployees?: unknown }): void {
  sum.rows++
  sum.employees += Number(row.numberofemployees)
}
