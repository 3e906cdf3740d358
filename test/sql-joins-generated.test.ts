import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Connection, connect } from '../src/connect.ts'
import { createSandbox, type ListeningSandbox } from '../src/sandbox/index.ts'
import { freshFolder } from './sandbox.test-support.ts'

/** Generated joins and sub-queries along lookups: rows, groups and first rows are the same, sent along or done here. */

const RUNS = process.env.D365_LONG === '1' ? 5000 : 150

let server: ListeningSandbox
let connection: Connection

beforeAll(async () => {
  server = await createSandbox({ limits: { requests: 1e7, executionMs: 1e12 } }).listen({ port: 0 })
  connection = await connect({
    connectionString: server.connectionString,
    env: { D365_CONFIG_DIR: freshFolder(), D365_SECRET_STORE: 'file' },
  })
})

afterAll(async () => {
  await connection.close()
  await server.close()
})

const kind = fc.constantFrom('join', 'left join')

/** Exact at the service, let more rows through, stay here; NULL passes some. */
const conditions = (alias: string, columns: Columns): fc.Arbitrary<string> =>
  fc.constantFrom(
    ...columns.numbers.flatMap((name) => [`${alias}.${name} > 100`, `${alias}.${name} <> 5`]),
    ...columns.texts.flatMap((name) => [
      `${alias}.${name} like '%é%'`,
      `${alias}.${name} like 'a%'`,
      `lower(${alias}.${name}) > 'm'`,
      `${alias}.${name} = ''`,
    ]),
    ...columns.lookups.flatMap((name) => [`${alias}.${name} is null`, `${alias}.${name} is not null`]),
    `${alias}.statecode = 0`,
    `${alias}.statecode = 1`,
    `${alias}.createdon > '2024-06-01'`,
    `(${alias}.statecode = 1 or ${alias}.createdon < '2024-06-01')`,
  )

interface Columns {
  readonly numbers: readonly string[]
  readonly texts: readonly string[]
  readonly lookups: readonly string[]
}

const CONTACT: Columns = { numbers: [], texts: ['lastname'], lookups: ['parentcustomerid'] }
const ACCOUNT: Columns = {
  numbers: ['numberofemployees', 'revenue'],
  texts: ['name'],
  lookups: ['primarycontactid', 'parentaccountid'],
}
const some = (condition: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.option(condition, { nil: '', freq: 2 }).map((one) => (one === '' ? '' : ` and ${one}`))

const froms = fc.oneof(
  { weight: 4, arbitrary: joined() },
  fc.constant('account a join contact c on a.primarycontactid = c.contactid'),
  fc.constant('contact c, account a'),
)

function joined(): fc.Arbitrary<string> {
  const further = fc.constantFrom(
    '',
    '',
    'join systemuser u on a.ownerid = u.systemuserid',
    'left join contact p on a.primarycontactid = p.contactid',
    'join contact p on a.primarycontactid = p.contactid',
    'join account b on a.parentaccountid = b.accountid and b.statecode = 0',
    'left join task t on t.regardingobjectid = a.accountid',
  )
  return fc
    .tuple(kind, some(conditions('a', ACCOUNT)), further)
    .map(([how, on, more]) => `contact c ${how} account a on c.parentcustomerid = a.accountid${on} ${more}`)
}

const exists = fc
  .tuple(
    fc.constantFrom('exists', 'not exists'),
    fc.constantFrom(
      'contact x where x.parentcustomerid = a.accountid',
      'task x where x.regardingobjectid = a.accountid',
      'account x where x.parentaccountid = a.accountid',
      'contact x where x.contactid = a.primarycontactid',
    ),
    some(fc.constantFrom('x.statecode = 0', "x.createdon > '2024-06-01'", "x.statecodename = 'active'")),
  )
  .map(([word, from, and]) => `${word} (select 1 from ${from}${and})`)

const membership = fc.constantFrom(
  'a.accountid in (select parentcustomerid from contact where statecode = 0)',
  'a.accountid not in (select parentcustomerid from contact where parentcustomerid is not null)',
  'a.accountid not in (select parentaccountid from account where statecode = 1)',
  'a.primarycontactid not in (select contactid from contact where statecode = 1)',
  'a.primarycontactid in (select contactid from contact)',
)

const queries = fc
  .record({
    from: froms,
    where: fc.array(fc.oneof(conditions('a', ACCOUNT), conditions('c', CONTACT), exists, membership), {
      maxLength: 3,
    }),
    shape: fc.constantFrom('rows', 'rows', 'groups', 'count', 'limit', 'sorted'),
  })
  .map(({ from, where, shape }) => {
    const all = [...(from.includes(',') ? ['c.parentcustomerid = a.accountid'] : []), ...where]
    const rest = `from ${from}${all.length === 0 ? '' : ` where ${all.join(' and ')}`}`
    const rows = `select c.contactid, c.lastname, a.accountid, a.name, a.revenue, a.statecodename ${rest}`
    if (shape === 'groups')
      return {
        text: `select a.name, c.statecode, count(*), count(a.accountid), sum(a.numberofemployees) ${rest} group by 1, 2`,
      }
    if (shape === 'count') return { text: `select count(*), min(a.createdon), max(c.createdon) ${rest}` }
    if (shape === 'limit') return { text: `${rows} limit 4`, all: rows, most: 4 }
    if (shape === 'sorted') return { text: `select c.createdon ${rest} order by c.createdon desc limit 5` }
    return { text: rows }
  })

interface Query {
  readonly text: string
  /** Without its limit, which may take any of the rows. */
  readonly all?: string
  readonly most?: number
}

const shown = (rows: readonly (readonly unknown[])[]): string[] =>
  rows.map((row) => row.map(String).join('|')).sort()

const plain = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

test('answers agree, sent along and done here', async () => {
  const seen = { link: 0, any: 0, top: 0, groups: 0 }
  const check = async ({ text, all = text, most = Number.POSITIVE_INFINITY }: Query): Promise<void> => {
    const sent = await connection.query(text)
    const whole = shown((await connection.query(all, { pushdown: false })).rows)
    // A group shows any one of the spellings that are equal.
    if (text.includes('group by'))
      expect(shown(sent.rows).map(plain).sort(), text).toEqual(whole.map(plain).sort())
    else if (all === text) expect(shown(sent.rows), text).toEqual(whole)
    else {
      expect(sent.rows, text).toHaveLength(Math.min(most, whole.length))
      expect(whole, text).toEqual(expect.arrayContaining(shown(sent.rows)))
    }
    const requests = sent.plan.requests.map(({ request }) => decodeURIComponent(request)).join('\n')
    const isLinked = /link-type='(?:inner|outer)'/.test(requests)
    if (isLinked) seen.link++
    if (/link-type='(?:not )?any'/.test(requests)) seen.any++
    if (isLinked && / top='/.test(requests)) seen.top++
    if (isLinked && / aggregate='true'/.test(requests)) seen.groups++
  }
  await fc.assert(fc.asyncProperty(queries, check), { numRuns: RUNS, seed: 20_260_101 })
  for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(RUNS / 50)
})
