import type { ColumnDefinition, TableDefinition } from '../schema.ts'
import type { StoredRow } from '../store/store.ts'
import { type BulkFill, bulkFill, subjectOf } from './bulk-values.ts'
import { SEED_USER } from './owner.ts'
import { EXCHANGE_RATES, ROOT_BUSINESS_UNIT, US_DOLLAR } from './people.ts'
import { ascendingId, createChance } from './random.ts'

/** Very many rows of one table, about twenty columns each, made one by one: strings that repeat are shared. */
export interface BulkOptions {
  /** How many; 0 or less makes none. */
  readonly rows: number
  readonly seed: number
  /** ms since 1970. */
  readonly now: number
}

/** Beside the key, the moments, the owner and the currency. */
const MAX_FILLED_COLUMNS = 16
/** Above every number of the small environment, so that its rows come first in key order and nothing is sorted. */
const FIRST_NUMBER = 0x01_0000_0000
const SECOND_MS = 1000
const YEAR_SECONDS = 31_536_000

export function* bulkRows(table: TableDefinition, { rows, seed, now }: BulkOptions): Generator<StoredRow> {
  const chance = createChance(seed)
  const fillers = fillersOf(table)
  for (let number = 1; number <= rows; number++) {
    const subject = subjectOf(chance, number)
    const created = `${new Date(now - chance.whole(0, YEAR_SECONDS) * SECOND_MS).toISOString().slice(0, 19)}Z`
    const row: StoredRow = { [table.primaryKey]: ascendingId('ffff0000', FIRST_NUMBER + number) }
    for (const { column, fill } of fillers) row[column] = fill(subject, chance)
    row.createdon = created
    row.modifiedon = created
    if (table.ownership === 'UserOwned') Object.assign(row, OWNER)
    yield row
  }
}

const OWNER: StoredRow = {
  ownerid: SEED_USER,
  'ownerid@table': 'systemuser',
  owninguser: SEED_USER,
  owningbusinessunit: ROOT_BUSINESS_UNIT,
}

interface Filler {
  readonly column: string
  readonly fill: BulkFill
}

function fillersOf(table: TableDefinition): Filler[] {
  const unique = new Set(table.keys.flatMap(({ columns }) => columns))
  const filled = table.columns
    .filter((column) => isFillable(column) && column.logicalName !== table.primaryKey)
    .sort((a, b) => rankOf(a, table) - rankOf(b, table))
    .slice(0, MAX_FILLED_COLUMNS)
  const fillers = filled.map((column): Filler => {
    const use = unique.has(column.logicalName)
      ? 'key'
      : column.logicalName === table.primaryName
        ? 'name'
        : 'value'
    return { column: column.logicalName, fill: bulkFill(column, use) }
  })
  const hasMoney = filled.some(({ type }) => type === 'Money')
  return hasMoney ? [...fillers, ...CURRENCY] : fillers
}

const CURRENCY: readonly Filler[] = [
  { column: 'transactioncurrencyid', fill: () => US_DOLLAR },
  { column: 'exchangerate', fill: () => EXCHANGE_RATES[US_DOLLAR] },
]

/** What people look at first, in this order; what is not here follows by name. */
const FAMILIAR = [
  'accountnumber',
  'productnumber',
  'firstname',
  'lastname',
  'fullname',
  'companyname',
  'jobtitle',
  'subject',
  'title',
  'ticketnumber',
  'telephone1',
  'mobilephone',
  'phonenumber',
  'emailaddress1',
  'revenue',
  'annualincome',
  'estimatedvalue',
  'estimatedclosedate',
  'closeprobability',
  'price',
  'numberofemployees',
  'industrycode',
  'birthdate',
  'address1_line1',
  'address1_city',
  'address1_stateorprovince',
  'address1_postalcode',
  'address1_country',
  'customertypecode',
  'leadsourcecode',
  'prioritycode',
  'caseorigincode',
  'scheduledend',
  'percentcomplete',
  'creditonhold',
  'donotemail',
]

/** Lower is filled first: the name, what keys need, state and status, then what is familiar. */
function rankOf({ logicalName }: ColumnDefinition, table: TableDefinition): number {
  if (logicalName === table.primaryName) return 0
  if (table.keys.some(({ columns }) => columns.includes(logicalName))) return 1
  if (logicalName === 'statecode' || logicalName === 'statuscode') return 2
  const at = FAMILIAR.indexOf(logicalName)
  return at < 0 ? 3 + FAMILIAR.length : 3 + at
}

const FILLABLE: ReadonlySet<string> = new Set([
  'String',
  'Integer',
  'Money',
  'Boolean',
  'Picklist',
  'State',
  'Status',
  'DateTime',
  'Decimal',
  'Double',
])

/** Columns the platform fills for its own ends. */
const PLATFORM =
  /^(yomi|traversedpath|timezonerule|utcconversion|overridden|importsequence|exchangerate|address2|createdon|modifiedon)/

function isFillable({ type, logicalName, attributeOf, baseOf, create }: ColumnDefinition): boolean {
  const writable = create || logicalName === 'fullname'
  return (
    writable &&
    FILLABLE.has(type) &&
    attributeOf === undefined &&
    baseOf === undefined &&
    !PLATFORM.test(logicalName)
  )
}
