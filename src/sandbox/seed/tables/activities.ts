import { choice, type Declared, lookup, memo, stateAndStatus, text, whole, yesNo } from '../columns.ts'
import { activityColumns, regarding, taskStates } from '../families.ts'
import { type DeclaredTable, table } from '../table.ts'

/** The activities: they share the primary key `activityid` with their base table. */

interface Activity {
  readonly name: string
  readonly set: string
  readonly label: string
  readonly plural: string
  readonly code: number
  /** Ends the names of its relationships: `Account_Tasks`. */
  readonly relations: string
  readonly columns: readonly Declared[]
}

function activity({ name, set, label, plural, code, relations, columns }: Activity): DeclaredTable {
  return table({
    name,
    set,
    label,
    plural,
    code,
    key: 'activityid',
    primaryName: 'subject',
    activity: true,
    ...(name === 'activitypointer' ? {} : { base: 'activitypointer' as const }),
    columns: [...activityColumns, regarding(relations), ...columns],
  })
}

const openClosed = stateAndStatus({
  0: { label: 'Open', status: { 1: 'Open' } },
  1: { label: 'Completed', status: { 2: 'Completed', 4: 'Received' } },
  2: { label: 'Canceled', status: { 3: 'Canceled' } },
  3: { label: 'Scheduled', status: { 5: 'Busy' } },
})

export const activities: readonly DeclaredTable[] = [
  activity({
    name: 'activitypointer',
    set: 'activitypointers',
    label: 'Activity',
    plural: 'Activities',
    code: 4200,
    relations: 'ActivityPointers',
    columns: [openClosed],
  }),
  activity({
    name: 'task',
    set: 'tasks',
    label: 'Task',
    plural: 'Tasks',
    code: 4212,
    relations: 'Tasks',
    columns: [
      taskStates,
      text('Category', 'Category', 250),
      text('Subcategory', 'Sub-Category', 250),
      whole('PercentComplete', 'Percent Complete', [0, 100]),
    ],
  }),
  activity({
    name: 'email',
    set: 'emails',
    label: 'Email',
    plural: 'Email Messages',
    code: 4202,
    relations: 'Emails',
    columns: [
      stateAndStatus({
        0: { label: 'Open', status: { 1: 'Draft', 8: 'Failed' } },
        1: {
          label: 'Completed',
          status: { 2: 'Completed', 3: 'Sent', 4: 'Received', 6: 'Pending Send', 7: 'Sending' },
        },
        2: { label: 'Canceled', status: { 5: 'Canceled' } },
      }),
      yesNo('DirectionCode', 'Direction', { no: 'Incoming', yes: 'Outgoing', default: true }),
      text('Sender', 'From', 250, { format: 'Email' }),
      text('ToRecipients', 'To Recipients', 500),
      text('MessageId', 'Message ID', 320),
      yesNo('ReadReceiptRequested', 'Read Receipt Requested'),
      yesNo('DeliveryReceiptRequested', 'Delivery Receipt Requested'),
    ],
  }),
  activity({
    name: 'phonecall',
    set: 'phonecalls',
    label: 'Phone Call',
    plural: 'Phone Calls',
    code: 4210,
    relations: 'Phonecalls',
    columns: [
      stateAndStatus({
        0: { label: 'Open', status: { 1: 'Open' } },
        1: { label: 'Completed', status: { 2: 'Made', 4: 'Received' } },
        2: { label: 'Canceled', status: { 3: 'Canceled' } },
      }),
      yesNo('DirectionCode', 'Direction', { no: 'Incoming', yes: 'Outgoing', default: true }),
      text('PhoneNumber', 'Phone Number', 200, { format: 'Phone' }),
    ],
  }),
  activity({
    name: 'appointment',
    set: 'appointments',
    label: 'Appointment',
    plural: 'Appointments',
    code: 4201,
    relations: 'Appointments',
    columns: [
      stateAndStatus({
        0: { label: 'Open', status: { 1: 'Free', 2: 'Tentative' } },
        1: { label: 'Completed', status: { 3: 'Completed' } },
        2: { label: 'Canceled', status: { 4: 'Canceled' } },
        3: { label: 'Scheduled', status: { 5: 'Busy', 6: 'Out of Office' } },
      }),
      text('Location', 'Location', 200),
      yesNo('IsAllDayEvent', 'All Day Event'),
    ],
  }),
  activity({
    name: 'letter',
    set: 'letters',
    label: 'Letter',
    plural: 'Letters',
    code: 4207,
    relations: 'Letters',
    columns: [openClosed, text('Address', 'Address', 200), text('LetterNumber', 'Letter Number', 100)],
  }),
  table({
    name: 'activityparty',
    schemaName: 'ActivityParty',
    set: 'activityparties',
    label: 'Activity Party',
    plural: 'Activity Parties',
    code: 135,
    ownership: 'None',
    changeTracking: false,
    columns: [
      lookup('ActivityId', 'Activity', {
        to: {
          activitypointer: 'activitypointer_activity_parties',
          email: 'email_activity_parties',
          phonecall: 'phonecall_activity_parties',
          appointment: 'appointment_activity_parties',
          letter: 'letter_activity_parties',
          task: 'task_activity_parties',
        },
        onDelete: 'Cascade',
      }),
      lookup('PartyId', 'Party', {
        to: {
          account: 'account_activity_parties',
          contact: 'contact_activity_parties',
          lead: 'lead_activity_parties',
          opportunity: 'opportunity_activity_parties',
          systemuser: 'system_user_activity_parties',
        },
      }),
      choice('ParticipationTypeMask', 'Participation Type', {
        1: 'Sender',
        2: 'To Recipient',
        3: 'CC Recipient',
        4: 'BCC Recipient',
        5: 'Required attendee',
        6: 'Optional attendee',
        7: 'Organizer',
        8: 'Regarding',
        9: 'Owner',
        10: 'Resource',
        11: 'Customer',
      }),
      text('AddressUsed', 'Address', 320),
      yesNo('DoNotEmail', 'Do not allow Emails'),
    ],
  }),
  table({
    name: 'annotation',
    set: 'annotations',
    label: 'Note',
    plural: 'Notes',
    code: 5,
    primaryName: 'subject',
    columns: [
      text('Subject', 'Title', 500),
      memo('NoteText', 'Description', 100_000),
      yesNo('IsDocument', 'Is Document'),
      text('FileName', 'File Name', 255),
      text('MimeType', 'Mime Type', 256),
      memo('DocumentBody', 'Document', 1_073_741_823),
      whole('FileSize', 'File Size (Bytes)', [0, 1_000_000_000], { create: false, update: false }),
      lookup('ObjectId', 'Regarding', {
        to: {
          account: 'Account_Annotation',
          contact: 'Contact_Annotation',
          lead: 'Lead_Annotation',
          opportunity: 'Opportunity_Annotation',
          incident: 'Incident_Annotation',
          email: 'Email_Annotation',
          task: 'Task_Annotation',
        },
        onDelete: 'Cascade',
      }),
    ],
  }),
]
