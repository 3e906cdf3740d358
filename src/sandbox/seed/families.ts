import {
  choice,
  type Declared,
  decimal,
  double,
  guid,
  lookup,
  memo,
  moment,
  stateAndStatus,
  text,
  whole,
  yesNo,
} from './columns.ts'

/** Groups of columns that several tables share. */

/** Set by the platform from the row's currency. */
export const exchangeRate: Declared = decimal('ExchangeRate', 'Exchange Rate', {
  precision: 10,
  range: [0.0000000001, 100_000_000_000],
  create: false,
  update: false,
})

/** The inline address `address1_…`, with its composite. */
export function address(number: 1 | 2): readonly Declared[] {
  const name = (part: string) => `Address${number}_${part}`
  const label = (part: string) => `Address ${number}: ${part}`
  return [
    guid(name('AddressId'), label('ID'), { update: false }),
    choice(name('AddressTypeCode'), label('Address Type'), {
      1: 'Bill To',
      2: 'Ship To',
      3: 'Primary',
      4: 'Other',
    }),
    text(name('Name'), label('Name'), 200),
    text(name('PrimaryContactName'), label('Primary Contact Name'), 100),
    text(name('Line1'), label('Street 1'), 250),
    text(name('Line2'), label('Street 2'), 250),
    text(name('Line3'), label('Street 3'), 250),
    text(name('City'), label('City'), 80),
    text(name('StateOrProvince'), label('State/Province'), 50),
    text(name('County'), label('County'), 50),
    text(name('Country'), label('Country/Region'), 80),
    text(name('PostOfficeBox'), label('Post Office Box'), 20),
    text(name('PostalCode'), label('ZIP/Postal Code'), 20),
    whole(name('UTCOffset'), label('UTC Offset'), [-1500, 1500]),
    choice(name('FreightTermsCode'), label('Freight Terms'), { 1: 'FOB', 2: 'No Charge' }),
    text(name('UPSZone'), label('UPS Zone'), 4),
    double(name('Latitude'), label('Latitude'), { precision: 5, range: [-90, 90] }),
    double(name('Longitude'), label('Longitude'), { precision: 5, range: [-180, 180] }),
    choice(name('ShippingMethodCode'), label('Shipping Method'), {
      1: 'Airborne',
      2: 'DHL',
      3: 'FedEx',
      4: 'UPS',
      5: 'Postal Mail',
      6: 'Full Load',
      7: 'Will Call',
    }),
    text(name('Telephone1'), label('Telephone 1'), 50, { format: 'Phone' }),
    text(name('Telephone2'), label('Telephone 2'), 50, { format: 'Phone' }),
    text(name('Telephone3'), label('Telephone 3'), 50, { format: 'Phone' }),
    text(name('Fax'), label('Fax'), 50),
    memo(name('Composite'), label('Address'), 1000, { create: false, update: false }),
  ]
}

/** What an activity may be about, with the name of the relationship's collection for this activity. */
export function regarding(plural: string): Declared {
  return lookup('RegardingObjectId', 'Regarding', {
    to: Object.fromEntries(
      ['account', 'contact', 'lead', 'opportunity', 'incident'].map((table) => [
        table,
        `${table.charAt(0).toUpperCase()}${table.slice(1)}_${plural}`,
      ]),
    ),
    onDelete: 'Cascade',
  })
}

/** Columns every kind of activity has, beside what it is about. */
export const activityColumns: readonly Declared[] = [
  guid('ActivityId', 'Activity', { required: 'SystemRequired', update: false }),
  text('Subject', 'Subject', 200, { required: 'ApplicationRequired' }),
  memo('Description', 'Description', 2000),
  text('ActivityTypeCode', 'Activity Type', 64, { create: false, update: false }),
  moment('ScheduledStart', 'Start Date'),
  moment('ScheduledEnd', 'Due Date'),
  whole('ScheduledDurationMinutes', 'Scheduled Duration', [0, 2147483647], { create: false, update: false }),
  moment('ActualStart', 'Actual Start'),
  moment('ActualEnd', 'Actual End'),
  whole('ActualDurationMinutes', 'Duration', [0, 2147483647]),
  choice('PriorityCode', 'Priority', { 0: 'Low', 1: 'Normal', 2: 'High' }, { default: 1 }),
  yesNo('IsBilled', 'Is Billed'),
  yesNo('IsWorkflowCreated', 'Is Workflow Created'),
  yesNo('LeftVoiceMail', 'Left Voice Mail'),
]

export const taskStates: Declared = stateAndStatus({
  0: {
    label: 'Open',
    status: { 2: 'Not Started', 3: 'In Progress', 4: 'Waiting on someone else', 7: 'Deferred' },
  },
  1: { label: 'Completed', status: { 5: 'Completed' } },
  2: { label: 'Canceled', status: { 6: 'Canceled' } },
})

export const activeInactive: Declared = stateAndStatus({
  0: { label: 'Active', status: { 1: 'Active' } },
  1: { label: 'Inactive', status: { 2: 'Inactive' } },
})
