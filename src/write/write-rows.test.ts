import { describe, expect, test } from 'vitest'
import type { SessionRequest } from '../service/session.ts'
import { account, type FakeService, fakeService, refusal } from './fake-service.test-support.ts'
import { csvRows } from './input/csv-rows.ts'
import { memoryRows } from './input/memory-rows.ts'
import type { WriteOptions } from './options.ts'
import type { RejectedRow, RowOutcome } from './outcome.ts'
import type { WriteReport } from './report.ts'
import { rowId } from './row-id.ts'
import { writeRows } from './write-rows.ts'

const A = '00000000-0000-4000-8000-00000000000a'
const B = '00000000-0000-4000-8000-00000000000b'
const C = '00000000-0000-4000-8000-00000000000c'

interface Written {
  readonly report: WriteReport
  readonly outcomes: readonly RowOutcome[]
  readonly rejected: readonly RejectedRow[]
}

async function write(
  service: FakeService,
  rows: readonly Record<string, unknown>[],
  options: WriteOptions,
): Promise<Written> {
  const outcomes: RowOutcome[] = []
  const rejected: RejectedRow[] = []
  const report = await writeRows(service.environment, account, memoryRows(rows), {
    newRunId: () => 'run-1',
    onOutcome: (outcome) => outcomes.push(outcome),
    rejects: (row) => {
      rejected.push(row)
    },
    ...options,
  })
  return { report, outcomes, rejected }
}

const sent = ({ requests }: FakeService): readonly string[] => requests.map(line)

function line({ method, path, body }: SessionRequest): string {
  return `${method} ${path}${typeof body === 'string' ? ` ${body}` : ''}`
}

function seed(service: FakeService, set: string, id: string, row: Record<string, unknown>): void {
  service.rows.get(set)?.set(id, row)
}

describe('requests', () => {
  test('insert posts exact digits with a key made from the run and the row, and leaves out columns without a value', async () => {
    const service = fakeService()
    const { report, outcomes } = await write(
      service,
      [
        { Name: 'Contoso', revenue: '922337203685477.5807', new_big: '9223372036854775807', new_city: '' },
        { Name: 'Fabrikam', donotemail: 'do not allow', statuscode: 'inactive', new_hobbies: 'Ski; Hiking' },
      ],
      { mode: 'insert' },
    )
    expect(sent(service)).toEqual([
      `POST accounts {"accountid":"${rowId('run-1', 1)}","name":"Contoso","revenue":922337203685477.5807,"new_big":9223372036854775807}`,
      `POST accounts {"accountid":"${rowId('run-1', 2)}","name":"Fabrikam","donotemail":true,"statuscode":2,"new_hobbies":"9,1"}`,
    ])
    expect(report).toMatchObject({ read: 2, accepted: 2, created: 2, rejected: 0, complete: true })
    expect(outcomes[1]).toMatchObject({ action: 'created', row: 2, id: rowId('run-1', 2) })
  })

  test('update forbids creation and sends neither the key nor absent columns', async () => {
    const service = fakeService()
    seed(service, 'accounts', A, { accountid: A })
    await write(service, [{ accountid: `{${A.toUpperCase()}}`, name: null, numberofemployees: 5 }], {
      mode: 'update',
    })
    expect(sent(service)).toEqual([`PATCH accounts(${A}) {"name":null,"numberofemployees":5}`])
    expect(service.requests[0]?.headers).toEqual({ 'Content-Type': 'application/json', 'If-Match': '*' })
  })

  test('an update of a row that is missing is rejected and creates nothing', async () => {
    const service = fakeService()
    const { rejected } = await write(service, [{ accountid: A, name: 'x' }], { mode: 'update' })
    expect(rejected.map(({ code }) => code)).toEqual(['0x80040217'])
    expect(service.rows.get('accounts')?.size).toBe(0)
  })

  test('upsert by an alternate key keeps the key out of the body and tells created from updated', async () => {
    const service = fakeService()
    seed(service, 'accounts', A, { accountid: A, accountnumber: "O'1/ü" })
    const { outcomes } = await write(
      service,
      [
        { accountnumber: "O'1/ü", name: 'old' },
        { accountnumber: 'N2', name: 'new' },
      ],
      { mode: 'upsert', key: ['accountnumber'] },
    )
    expect(sent(service)).toEqual([
      `PATCH accounts(accountnumber='O''1%2F%C3%BC')?$select=accountid {"name":"old"}`,
      `PATCH accounts(accountnumber='N2')?$select=accountid {"name":"new"}`,
    ])
    expect(service.requests[0]?.headers).toEqual({
      'Content-Type': 'application/json',
      Prefer: 'return=representation',
    })
    expect(outcomes.map((outcome) => (outcome.kind === 'accepted' ? outcome.action : outcome.kind))).toEqual([
      'updated',
      'created',
    ])
  })

  test('a key of several columns is printed in the order of the key', async () => {
    const service = fakeService()
    await write(service, [{ new_city: 'Bern', accountnumber: '7', name: 'x' }], {
      mode: 'upsert',
      key: ['new_city', 'accountnumber'],
    })
    expect(sent(service)).toEqual([
      `PATCH accounts(accountnumber='7',new_city='Bern')?$select=accountid {"name":"x"}`,
    ])
  })

  test('delete sends the key alone and a missing row is rejected', async () => {
    const service = fakeService()
    seed(service, 'accounts', A, { accountid: A })
    const { report, rejected } = await write(
      service,
      [
        { accountid: A, name: 'x' },
        { accountid: B, name: 'y' },
      ],
      { mode: 'delete' },
    )
    expect(sent(service)).toEqual([`DELETE accounts(${A})`, `DELETE accounts(${B})`])
    expect(report).toMatchObject({ deleted: 1, rejected: 1 })
    expect(report.notices).toEqual(['name was left out: only the key is needed to delete.'])
    expect(rejected[0]).toMatchObject({ row: 2, code: '0x80040217' })
  })

  test('lookups bind by their case-sensitive navigation, the table named by its type column', async () => {
    const service = fakeService()
    seed(service, 'accounts', A, {})
    await write(
      service,
      [
        {
          accountid: A,
          _primarycontactid_value: C,
          new_partnerid: B,
          new_partneridtype: 'contact',
          ownerid: B,
          owneridtype: 'Team',
        },
      ],
      { mode: 'upsert' },
    )
    expect(sent(service)).toEqual([
      `PATCH accounts(${A})?$select=accountid {"primarycontactid@odata.bind":"/contacts(${C})","new_PartnerId_contact@odata.bind":"/contacts(${B})","ownerid@odata.bind":"/teams(${B})"}`,
    ])
  })

  test('clearing a lookup that may point to several tables clears each of them', async () => {
    const service = fakeService()
    seed(service, 'accounts', A, { accountid: A })
    await write(service, [{ accountid: A, new_partnerid: '', primarycontactid: null }], { mode: 'update' })
    expect(sent(service)).toEqual([
      `PATCH accounts(${A}) {"new_PartnerId_account@odata.bind":null,"new_PartnerId_contact@odata.bind":null,"primarycontactid@odata.bind":null}`,
    ])
  })

  test('with emptyAsNull off an empty text leaves the column as it is', async () => {
    const service = fakeService()
    seed(service, 'accounts', A, { accountid: A })
    await write(service, [{ accountid: A, new_city: '', name: 'x' }], { mode: 'update', emptyAsNull: false })
    expect(sent(service)).toEqual([`PATCH accounts(${A}) {"name":"x"}`])
  })
})

describe('lookups', () => {
  test('rows are found by key in one trip, each distinct key once; missing and ambiguous ones reject their row', async () => {
    const service = fakeService()
    seed(service, 'contacts', C, { contactid: C, emailaddress1: 'a@b.c', fullname: 'Twin' })
    seed(service, 'contacts', B, { contactid: B, emailaddress1: 'd@e.f', fullname: 'twin' })
    const { rejected } = await write(
      service,
      [
        { name: '1', 'primarycontactid.emailaddress1': 'a@b.c' },
        { name: '2', 'primarycontactid.emailaddress1': 'A@B.C' },
        { name: '3', 'primarycontactid.emailaddress1': 'a@b.c' },
        { name: '4', 'primarycontactid.emailaddress1': 'nobody' },
      ],
      { mode: 'insert' },
    )
    expect(sent(service).filter((request) => request.startsWith('GET'))).toEqual([
      `GET contacts(emailaddress1='a%40b.c')?$select=contactid`,
      `GET contacts(emailaddress1='A%40B.C')?$select=contactid`,
      `GET contacts(emailaddress1='nobody')?$select=contactid`,
    ])
    expect(service.trips).toEqual([3, 3])
    expect(rejected).toMatchObject([
      {
        row: 4,
        code: 'LOOKUP_MISSING',
        column: 'primarycontactid',
        message: 'primarycontactid: there is no contact with emailaddress1 "nobody".',
      },
    ])
    const twins = await write(service, [{ name: '5', 'primarycontactid.fullname': 'Twin' }], {
      mode: 'insert',
    })
    expect(twins.rejected).toMatchObject([
      {
        code: 'LOOKUP_AMBIGUOUS',
        message: 'primarycontactid: more than one contact exists with fullname "Twin"; give the id.',
      },
    ])
  })

  test('an answer is kept for the rows that follow', async () => {
    const service = fakeService()
    seed(service, 'contacts', C, { contactid: C, emailaddress1: 'a@b.c' })
    const rows = Array.from({ length: 1200 }, () => ({ 'primarycontactid.emailaddress1': 'a@b.c' }))
    expect((await write(service, rows, { mode: 'insert' })).report).toMatchObject({ created: 1200 })
    expect(service.requests.filter(({ path }) => path.startsWith('contacts'))).toHaveLength(1)
  })

  test('a row that was missing is asked for again later in the run', async () => {
    const service = fakeService()
    service.afterTrip = () => seed(service, 'contacts', C, { contactid: C, emailaddress1: 'a@b.c' })
    const rows = Array.from({ length: 501 }, () => ({ 'primarycontactid.emailaddress1': 'a@b.c' }))
    expect((await write(service, rows, { mode: 'insert' })).report).toMatchObject({
      created: 1,
      rejected: 500,
    })
  })

  test('an owner without a type column is looked for among users and teams', async () => {
    const service = fakeService()
    seed(service, 'teams', B, { teamid: B })
    seed(service, 'accounts', A, { accountid: A })
    await write(service, [{ accountid: A, ownerid: B }], { mode: 'update' })
    expect(sent(service)).toEqual([
      `GET systemusers(${B})?$select=systemuserid`,
      `GET teams(${B})?$select=teamid`,
      `PATCH accounts(${A}) {"ownerid@odata.bind":"/teams(${B})"}`,
    ])
  })
})

describe('columns of the input', () => {
  const refused = (row: Record<string, unknown>, options: WriteOptions) =>
    write(fakeService(), [row], options).then(
      () => undefined,
      (error: unknown) => error,
    )

  test('an unknown column ends the run before anything is sent, with near names', async () => {
    expect(await refused({ nmae: 'x' }, { mode: 'insert' })).toMatchObject({
      code: 'INPUT_INVALID',
      message: 'The input has a column nmae, which account does not have.',
      hint: 'Did you mean name?',
    })
  })

  test('a column that only a later row has rejects that row', async () => {
    const { report, rejected } = await write(fakeService(), [{ name: 'a' }, { nmae: 'b' }, { name: 'c' }], {
      mode: 'insert',
    })
    expect(report).toMatchObject({ created: 2, rejected: 1 })
    expect(rejected[0]).toMatchObject({ row: 2, code: 'INPUT_INVALID' })
  })

  test.each<[Record<string, unknown>, WriteOptions, string]>([
    [{ name: 'x' }, { mode: 'update' }, 'The input has no column accountid, which says which row to update.'],
    [{ accountid: A }, { mode: 'update' }, 'The input has no column to update besides the key.'],
    [{ name: 'x' }, { mode: 'upsert', key: ['name'] }, 'name is not a key of account.'],
    [
      { name: 'x' },
      { mode: 'insert', key: ['accountnumber'] },
      'key has no meaning for insert: every row becomes a new one.',
    ],
    [{ name: 'x', Name: 'y' }, { mode: 'insert' }, 'name and Name both set name.'],
    [
      { primarycontactidname: 'x' },
      { mode: 'insert' },
      'The input has primarycontactidname, the name of a row, but no primarycontactid.',
    ],
    [{ owneridtype: 'team' }, { mode: 'insert' }, 'The input has owneridtype but no ownerid.'],
    [
      { 'primarycontactid.shoe': 'x' },
      { mode: 'insert' },
      'primarycontactid.shoe: rows of contact cannot be found by shoe.',
    ],
    [
      { name: 'x' },
      { mode: 'insert', batchSize: 1001 },
      'batchSize is 1001; it must be a whole number from 1 to 1000.',
    ],
  ])('%j with %j is refused: %s', async (row, options, message) => {
    expect(await refused(row, options)).toMatchObject({ message })
  })

  test('what a read prints can be written back: read-only columns and labels are left out with a notice', async () => {
    const service = fakeService()
    seed(service, 'accounts', A, { accountid: A })
    const csv = `accountid,name,statuscode,statuscodename,createdon,primarycontactid,primarycontactidname,d365_error\n${A},x,1,Active,2024-01-01T00:00:00Z,${C},Ann,old\n`
    const report = await writeRows(service.environment, account, csvRows(bytesOf(csv)), { mode: 'update' })
    expect(sent(service)).toEqual([
      `PATCH accounts(${A}) {"name":"x","statuscode":1,"primarycontactid@odata.bind":"/contacts(${C})"}`,
    ])
    expect(report.notices).toEqual(['createdon was left out: it is read-only.'])
  })

  test('a label column stands for its choice where the number is absent', async () => {
    const service = fakeService()
    await write(service, [{ name: 'x', statuscodename: 'Inactive' }], { mode: 'insert' })
    expect(sent(service)[0]).toContain('"statuscode":2')
  })
})

describe('preview', () => {
  test('a dry run compares by type, says what would change, and sends only reads', async () => {
    const service = fakeService()
    const held = {
      accountid: A,
      name: 'Contoso',
      revenue: '5000000.0000',
      new_call: '2024-01-01T10:00:00Z',
      statuscode: 1,
      new_hobbies: '1,9',
      _primarycontactid_value: C,
      new_founded: null,
    }
    seed(service, 'accounts', A, held)
    const same = {
      accountid: A,
      name: 'Contoso',
      revenue: '5e6',
      new_call: '2024-01-01T12:00:00.7+02:00',
      statuscode: 'ACTIVE',
      new_hobbies: 'Ski;Hiking',
      primarycontactid: C.toUpperCase(),
      new_founded: '',
    }
    const { report, outcomes } = await write(
      service,
      [same, { ...same, name: 'Fabrikam', revenue: '1' }, { ...same, accountid: B }],
      { mode: 'upsert', dryRun: true },
    )
    expect(report).toMatchObject({ dryRun: true, unchanged: 1, updated: 1, created: 1, rejected: 0 })
    expect(outcomes[1]).toMatchObject({
      changes: [
        { column: 'name', from: 'Contoso', to: 'Fabrikam' },
        { column: 'revenue', from: '5000000.0000', to: '1' },
      ],
    })
    expect(service.requests.every(({ method }) => method === 'GET')).toBe(true)
  })

  test('rows to update or delete that do not exist are rejected, a key deleted twice the second time', async () => {
    const service = fakeService()
    seed(service, 'accounts', A, { accountid: A })
    const rows = [{ accountid: A }, { accountid: A }, { accountid: B }]
    const { report, rejected } = await write(service, rows, { mode: 'delete', dryRun: true })
    expect(report).toMatchObject({ deleted: 1, rejected: 2 })
    expect(rejected.map(({ row, code }) => [row, code])).toEqual([
      [2, 'ROW_MISSING'],
      [3, 'ROW_MISSING'],
    ])
  })
})

describe('counts', () => {
  test('a run stops after the errors it may have and says what was not sent', async () => {
    const service = fakeService()
    const rows = [{ name: 'refuse 1' }, { name: 'refuse 2' }, { name: 'a' }, { name: 'b' }]
    const stopped = await write(service, rows, {
      mode: 'insert',
      maxErrors: 1,
      batchSize: 1,
      parallel: 1,
    }).catch((error: unknown) => error)
    expect(stopped).toMatchObject({
      code: 'ROWS_REJECTED',
      report: { read: 4, accepted: 0, rejected: 2, notSent: 2, inDoubt: 0, complete: false },
    })
  })

  test('the column a service message names is told', async () => {
    const { rejected } = await write(fakeService(), [{ name: 'refuse me' }], { mode: 'insert' })
    expect(rejected).toMatchObject([{ code: '0x80040265', column: 'name' }])
  })

  test('a right that is missing rejects the row with the service’s words', async () => {
    const service = fakeService()
    service.instead = () => refusal(403, '0x80040220', 'missing prvCreateAccount privilege')
    const { rejected } = await write(service, [{ name: 'a' }, { name: 'b' }], { mode: 'insert' })
    expect(rejected.map(({ message }) => message)).toEqual(
      Array(2).fill('missing prvCreateAccount privilege'),
    )
  })
})

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text)
}
