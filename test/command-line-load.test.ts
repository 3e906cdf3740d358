import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createSandbox, type ListeningSandbox } from '../src/sandbox/index.ts'
import { freshFolder, type Ran, run as runIn } from './sandbox.test-support.ts'

/** `d365 write`, `d365 load` and `d365 runs` as a person types them. */

let server: ListeningSandbox
let folder: string

beforeAll(async () => {
  server = await createSandbox().listen({ port: 0 })
  server.sandbox.snapshot()
})

beforeEach(() => {
  server.sandbox.restore()
  folder = freshFolder()
})

afterAll(() => server.close())

function run(
  args: readonly string[],
  more: { signal?: AbortSignal; onStderr?: (text: string) => void } = {},
) {
  return runIn(args, { folder, env: { D365_CONNECTION: server.connectionString }, ...more })
}

const put = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const sql = async (text: string): Promise<string> =>
  (await run(['sql', text, '--format', 'csv'])).stdout.trim().split('\n').slice(1).join('\n')

/** Presses Ctrl-C once the first rows have been answered. */
async function interrupted(args: readonly string[]): Promise<Ran> {
  const control = new AbortController()
  return run([...args, '--log', 'debug'], {
    signal: control.signal,
    onStderr: () => {
      const rows = [...server.sandbox.store.table('contact').rowsByKey()]
      if (rows.some(({ emailaddress1 }) => String(emailaddress1).endsWith('@runs.example'))) control.abort()
    },
  })
}

test('a German file, written by somebody for somebody else, past custom logic', async () => {
  const file = put('kunden.csv', 'Firma;Nummer;Umsatz;Seit;Notiz\nContoso;K-1;1.234,50;01.02.2024;x\n')
  const { stderr, stdout } = await run([
    ...['write', 'account', '--mode', 'insert', '--from', file, '--delimiter', ';', '--locale', 'de-DE'],
    ...[
      '--map',
      'Firma=name',
      'Nummer=accountnumber',
      'Umsatz=revenue',
      'Seit=overriddencreatedon',
      'Notiz=',
    ],
    ...['--default', 'ownerid.domainname=ben@contoso.onmicrosoft.com', '--as', 'ann@contoso.onmicrosoft.com'],
    ...['--bypass', 'sync,async', 'flows', '--json'],
  ])
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toMatchObject({ created: 1, rejected: 0 })
  expect(
    await sql(
      "select a.name, revenue, a.createdon::date, o.fullname, c.fullname from account a join systemuser o on a.ownerid = o.systemuserid join systemuser c on a.createdby = c.systemuserid where accountnumber = 'K-1'",
    ),
  ).toMatch(/^Contoso,1234.5,2024-02-01.*,Ben \w+,Ann \w+$/)
})

describe('load', () => {
  test('a folder of files, whatever points to whatever', async () => {
    mkdirSync(join(folder, 'in'))
    put('in/account.csv', 'name,accountnumber,primarycontactid.emailaddress1\nBig,T-1,uno@t.example\n')
    put(
      'in/contact.ndjson',
      '{"lastname":"Uno","emailaddress1":"uno@t.example","parentcustomerid.accountnumber":"T-1"}\n',
    )
    const { stdout, exitCode } = await run(['load', join(folder, 'in')])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/account \(.*account.csv\)\nRows read {2}1\nCreated {4}1/)
    expect(
      await sql(
        "select c.lastname from account a join contact c on a.primarycontactid = c.contactid where a.accountnumber = 'T-1'",
      ),
    ).toBe('Uno')
  })

  test('a manifest gives each table its own way, and what was refused late is tried again by update', async () => {
    put('a.csv', 'Nr,parentaccountid.accountnumber\nM-1,\nM-2,M-9\n')
    const manifest = put(
      'load.json',
      JSON.stringify({
        tables: [
          {
            table: 'account',
            from: 'a.csv',
            mode: 'upsert',
            key: 'accountnumber',
            map: { Nr: 'accountnumber' },
            defaults: { name: 'Named' },
          },
        ],
      }),
    )
    const { stderr, exitCode } = await run(['load', manifest])
    expect(exitCode).toBe(5)
    expect(stderr).toContain('there is no account with accountnumber "M-9"')
    const incomplete = join(folder, 'a.rejects.incomplete.ndjson')
    expect(stderr).toContain(incomplete)
    writeFileSync(incomplete, readFileSync(incomplete, 'utf8').replace('"M-9"', '"M-1"'))
    const again = await run([
      'write',
      'account',
      '--mode',
      'update',
      '--key',
      'accountnumber',
      '--from',
      incomplete,
    ])
    expect(again.exitCode).toBe(0)
    expect(
      await sql(
        "select a.name, p.accountnumber from account a join account p on a.parentaccountid = p.accountid where a.accountnumber = 'M-2'",
      ),
    ).toBe('Named,M-1')
  })

  test('what is no source of rows is refused by name', async () => {
    expect((await run(['load', join(folder, 'nothing')])).stderr).toContain('no file or folder')
    expect((await run(['load', put('rows.csv', 'a\n1\n')])).stderr).toContain('Say account=rows.csv')
    expect(
      (await run(['load', put('x.json', '{"tables":[{"table":"account","file":"a"}]}')])).stderr,
    ).toContain('file means nothing')
    const key = await run(['load', `account=${put('b.csv', 'name\nA\n')}`, '--key', 'contact=emailaddress1'])
    expect(key.stderr).toContain('Tables of this load: account')
  })
})

describe('runs', () => {
  const rows = (count: number): string =>
    Array.from({ length: count }, (_, at) => `R${at},r${at}@runs.example\n`).join('')
  const count = () => sql("select count(*) from contact where emailaddress1 like '%@runs.example'")

  test('a write that was stopped is listed, shown, and resumed to its end from another folder', async () => {
    const file = put('rows.csv', `lastname,emailaddress1\n${rows(400)}`)
    const write = [
      'write',
      'contact',
      '--mode',
      'insert',
      '--from',
      file,
      '--batch-size',
      '20',
      '--parallel',
      '1',
    ]
    expect((await interrupted(write)).exitCode).not.toBe(0)
    expect(Number(await count())).toBeLessThan(400)
    const [run1] = JSON.parse((await run(['runs', 'list', '--open', '--json'])).stdout)
    expect(run1).toMatchObject({
      state: 'open',
      kind: 'write',
      tables: ['contact'],
      mode: 'insert',
      source: file,
    })
    const shown = await run(['runs', 'show', run1.id.slice(0, 6)])
    expect(shown.stdout).toContain(`d365 write contact --mode insert --from ${file}`)
    expect(shown.stdout).not.toContain('ClientSecret')
    const resumed = await run(['runs', 'resume', run1.id.slice(0, 6), '--json'])
    expect(JSON.parse(resumed.stdout)).toMatchObject({ read: 400, created: 400, rejected: 0 })
    expect(await count()).toBe('400')
    expect((await run(['runs', 'list'])).stdout).toMatch(/done/)
    expect((await run(['runs', 'resume', run1.id.slice(0, 6)])).stderr).toContain('nothing to resume')
  })

  test('--resume names the run to go on with, and refuses another', async () => {
    const file = put('rows.csv', `lastname,emailaddress1\n${rows(400)}`)
    const write = ['write', 'contact', '--mode', 'insert', '--from', file, '--json']
    await interrupted([...write, '--batch-size', '20', '--parallel', '1'])
    const [open] = JSON.parse((await run(['runs', 'list', '--open', '--json'])).stdout)
    const elsewhere = await run(['write', 'account', '--mode', 'insert', '--from', file, '--resume', open.id])
    expect(elsewhere.stderr).toContain('writes contact, not account')
    const resumed = await run([...write, '--resume', open.id.slice(0, 6)])
    expect(JSON.parse(resumed.stdout)).toMatchObject({ created: 400, rejected: 0 })
    expect((await run([...write, '--resume', open.id.slice(0, 6)])).stderr).toContain('nothing to resume')
  })

  test('an abandoned run is begun anew', async () => {
    const file = put('rows.csv', `lastname,emailaddress1\n${rows(400)}`)
    const upsert = ['write', 'contact', '--mode', 'upsert', '--key', 'emailaddress1', '--from', file]
    await interrupted([...upsert, '--batch-size', '20', '--parallel', '1'])
    const [open] = JSON.parse((await run(['runs', 'list', '--open', '--json'])).stdout)
    expect((await run(['runs', 'abandon', open.id])).stdout).toContain('abandoned')
    expect((await run(['runs', 'list', '--open'])).stdout).toContain('No runs')
    expect(JSON.parse((await run([...upsert, '--json'])).stdout)).toMatchObject({ resumed: 0, accepted: 400 })
  })

  test('a load that was stopped is one run, and a resume ends it', async () => {
    const contacts = put(
      'c.csv',
      `lastname,emailaddress1,statecode\n${rows(400).replaceAll('\n', ',Inactive\n')}`,
    )
    const load = ['load', `contact=${contacts}`, '--batch-size', '20', '--parallel', '1']
    await interrupted(load)
    const open = JSON.parse((await run(['runs', 'list', '--open', '--json'])).stdout)
    expect(open).toMatchObject([{ kind: 'load', tables: ['contact'], state: 'open' }])
    expect((await run(['runs', 'resume', open[0].id])).exitCode).toBe(0)
    expect(
      await sql("select count(*) from contact where emailaddress1 like '%@runs.example' and statecode = 1"),
    ).toBe('400')
    const journals = readdirSync(join(folder, 'journals'))
    expect(journals.filter((name) => !name.endsWith('.done.ndjson'))).toEqual([])
    expect(existsSync(join(folder, 'c.rejects.csv'))).toBe(false)
    rmSync(folder, { recursive: true })
  })
})
