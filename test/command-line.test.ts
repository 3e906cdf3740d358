import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { APPS, createSandbox, type ListeningSandbox } from '../src/sandbox/index.ts'
import { freshFolder, type Ran, run as runIn } from './sandbox.test-support.ts'

/** The command line as a person types it, against a sandbox. */

let server: ListeningSandbox
let folder: string

beforeAll(async () => {
  server = await createSandbox().listen({ port: 0 })
  folder = freshFolder()
  await run(['system', 'add', 'local', '--service-url', server.origin])
  await run(
    ['credential', 'add', 'robot', '--client-id', APPS[0]?.clientId ?? '', '--client-secret', '-'],
    APPS[0]?.secrets[0]?.value,
  )
})

afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

function run(args: readonly string[], stdin?: string): Promise<Ran> {
  return runIn(args, { folder, ...(stdin === undefined ? {} : { stdin }) })
}

const inFolder = (name: string): string => join(folder, name)

describe('systems and credentials', () => {
  test('what cannot work is not saved, and a certificate is found again from another folder', async () => {
    const id = APPS[0]?.clientId ?? ''
    const certificate = inFolder('app.pem')
    writeFileSync(certificate, 'not read yet')
    const add = (...args: readonly string[]) => run(['credential', 'add', 'cert', ...args])
    expect(await add('--client-id', 'robot', '--client-secret', 'x')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('must be a GUID'),
    })
    expect((await add('--client-secret', 'x')).stderr).toContain('needs its --client-id')
    expect((await add('--client-id', id, '--certificate', 'nofile.pem')).stderr).toContain(
      resolve('nofile.pem'),
    )
    const saved = await add('--client-id', id, '--certificate', relative(process.cwd(), certificate))
    expect(saved.stdout).toContain('Next: d365 test --credential cert')
    expect((await run(['test', '--credential', 'cert'])).stderr).toContain(certificate)
    await run(['credential', 'default', 'cert'])
    expect((await run(['credential', 'list'])).stdout).toMatch(/cert .* yes/)
    await run(['credential', 'remove', 'cert'])
    await run(['credential', 'default', 'robot'])
  })

  test('a system is saved with what its service told of itself', async () => {
    const { stdout } = await run(['system', 'show', 'local', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({
      'Service URL': server.origin,
      'Token URI': expect.stringMatching(/\/oauth2\/v2\.0\/token$/),
      Credentials: 'robot (client-secret)',
    })
  })

  test('another one is added, listed, made the default and removed', async () => {
    await run(['system', 'add', 'second', '--service-url', server.origin, '--no-discover'])
    expect((await run(['system', 'list'])).stdout).toMatch(/local[\s\S]*second/)
    await run(['system', 'default', 'second'])
    expect((await run(['test'])).exitCode).toBe(3)
    await run(['system', 'default', 'local'])
    expect((await run(['system', 'remove', 'second'])).exitCode).toBe(0)
    expect((await run(['system', 'list'])).stdout).not.toContain('second')
  })

  test('a name that is not there is answered with the near one', async () => {
    const { exitCode, stderr } = await run(['test', '--system', 'locl'])
    expect(exitCode).toBe(3)
    expect(stderr).toContain('local')
  })
})

test('test says who, where and what is left', async () => {
  const { exitCode, stdout } = await run(['test', '--json'])
  expect(exitCode).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    Environment: 'contoso',
    User: '# d365 service',
    Roles: 'System Administrator',
    'Requests left': expect.any(Number),
  })
})

describe('tables', () => {
  test('are searched by name and label', async () => {
    expect((await run(['tables', 'currenc'])).stdout).toContain('transactioncurrency')
    expect(
      JSON.parse((await run(['tables', '--custom', '--json'])).stdout).map(
        ({ name }: { name: string }) => name,
      ),
    ).toContain('sample_everything')
  })

  test('are described with types, limits, targets and keys', async () => {
    const { stdout } = await run(['describe', 'contacts'])
    expect(stdout).toMatch(/parentcustomerid\s+Company Name\s+lookup\s+written\s+to account, contact/)
    expect(stdout).toMatch(/birthdate\s+Birthday\s+date/)
    expect(stdout).toContain('emailkey')
  })
})

describe('read', () => {
  test('rows come in every format, exact and complete', async () => {
    const base = ['read', 'account', '--select', 'name,revenue', '--filter', "accountnumber eq 'AC-00007'"]
    expect((await run([...base, '--format', 'csv'])).stdout).toBe(
      'name,revenue,accountid\nAxB,99999999999999.99,aaaa0000-0000-4000-8000-000000000007\n',
    )
    expect((await run([...base, '--format', 'ndjson'])).stdout).toBe(
      '{"name":"AxB","revenue":99999999999999.99,"accountid":"aaaa0000-0000-4000-8000-000000000007"}\n',
    )
    expect(JSON.parse((await run([...base, '--json'])).stdout)).toHaveLength(1)
  })

  test('labels are columns of their own, and several pages are one result', async () => {
    const { stdout } = await run([
      'read',
      'contact',
      '--select',
      'statuscode,parentcustomerid',
      '--labels',
      '--page-size',
      '100',
      '--format',
      'csv',
    ])
    const [header, first, ...rest] = stdout.trim().split('\n')
    expect(header).toBe(
      'statuscode,statuscodename,parentcustomerid,parentcustomeridname,parentcustomeridtype,contactid',
    )
    expect(first).toMatch(/^1,Active,aaaa0000-/)
    expect(rest.length + 1).toBe(server.sandbox.store.table('contact').size)
  })

  test('FetchXML, order, top and expand are passed on', async () => {
    writeFileSync(
      inFolder('q.xml'),
      '<fetch top="2"><entity name="account"><attribute name="name"/><order attribute="name" descending="true"/></entity></fetch>',
    )
    expect(
      (await run(['read', 'account', '--fetchxml', inFolder('q.xml'), '--format', 'ndjson'])).stdout
        .trim()
        .split('\n'),
    ).toHaveLength(2)
    const { stdout } = await run([
      'read',
      'account',
      '--select',
      'name',
      '--expand',
      'primarycontactid($select=lastname)',
      '--top',
      '1',
      '--orderby',
      'accountnumber',
      '--json',
    ])
    expect(JSON.parse(stdout)[0].primarycontactid).toMatchObject({ lastname: expect.any(String) })
  })

  test('a file appears whole, and a read that fails leaves nothing behind', async () => {
    const file = inFolder('contacts.csv')
    expect((await run(['read', 'contact', '--output', file])).exitCode).toBe(0)
    expect(readFileSync(file, 'utf8').split('\n').length).toBeGreaterThan(200)
    const rule = server.sandbox.faults.add({
      path: '*contacts*',
      nth: [2],
      fault: { kind: 'error', status: 500 },
    })
    const failed = await run([
      'read',
      'contact',
      '--select',
      'fullname',
      '--page-size',
      '50',
      '--output',
      inFolder('half.csv'),
    ])
    server.sandbox.faults.remove(rule)
    expect(failed.exitCode).toBe(21)
    expect(readdirSync(folder).filter((name) => name.startsWith('half'))).toEqual([])
  })

  test.each([
    [['read', 'acount'], 3, 'Did you mean account'],
    [['read', 'account', '--select', 'nam'], 3, 'Did you mean name'],
    [['read', 'account', '--filter', 'revenue gt'], 14, '0x80060888'],
    [['read', 'account', '--top', '0'], 2, 'above 0'],
    [['read', 'account', '--format', 'xml'], 2, 'table, csv, json, ndjson'],
    [['read', 'account', '--output', 'x.dat'], 2, '--format'],
    [['read'], 2, 'missing required argument'],
    [['raed'], 2, 'unknown command'],
  ])('%j ends with %i and says %s', async (args, exitCode, text) => {
    const ran = await run(args)
    expect(ran.exitCode).toBe(exitCode)
    expect(ran.stderr + ran.stdout).toContain(text)
  })

  test('an error is JSON for machines', async () => {
    const { stderr } = await run(['read', 'acount', '--json'])
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'NOT_FOUND', message: 'There is no table acount.', hint: 'Did you mean account?' },
    })
  })
})

describe('write', () => {
  test('upsert, its dry run, and the same file again', async () => {
    const file = inFolder('new.csv')
    writeFileSync(
      file,
      'emailaddress1,lastname,preferredcontactmethodcode\ncli1@example.com,One,Email\ncli2@example.com,Two,3\n',
    )
    const args = ['write', 'contact', '--mode', 'upsert', '--key', 'emailaddress1', '--from', file]
    expect((await run([...args, '--dry-run'])).stdout).toMatch(/Created\s+2\nDry run: nothing was written/)
    expect((await run(args)).stdout).toMatch(/Rows read\s+2\nCreated\s+2/)
    writeFileSync(file, 'emailaddress1,lastname\ncli1@example.com,Uno\n')
    expect((await run([...args, '--dry-run'])).stdout).toContain(
      'line 2: would be updated  lastname: One → Uno',
    )
    expect((await run(args)).stdout).toMatch(/Updated\s+1/)
  })

  test('rejected rows come back in a file that can be mended and written', async () => {
    const file = inFolder('bad.csv')
    writeFileSync(file, 'lastname,birthdate\nGood,2000-01-01\nBad,yesterday\n')
    const ran = await run(['write', 'contact', '--mode', 'insert', '--from', file])
    expect(ran.exitCode).toBe(5)
    const rejects = inFolder('bad.rejects.csv')
    const text = readFileSync(rejects, 'utf8')
    expect(text).toMatch(/^lastname,birthdate,d365_error_code,d365_error\nBad,yesterday,INPUT_INVALID,/)
    writeFileSync(rejects, text.replace('yesterday', '1999-12-31'))
    expect((await run(['write', 'contact', '--mode', 'insert', '--from', rejects])).exitCode).toBe(0)
  })

  test('a file that is not UTF-8 is refused with its line, and reasons are told', async () => {
    const file = inFolder('latin1.csv')
    writeFileSync(
      file,
      Buffer.from('emailaddress1,lastname\na@x.example,Good\nb@x.example,M\xfcller\n', 'latin1'),
    )
    const upsert = (from: string) =>
      run(['write', 'contact', '--mode', 'upsert', '--key', 'emailaddress1', '--from', from])
    expect((await upsert(file)).stderr).toContain('line 3 has bytes that are no characters')
    const bad = inFolder('bad.csv')
    writeFileSync(bad, 'emailaddress1,birthdate\nc@x.example,31.12.1999\n')
    expect((await upsert(bad)).stderr).toMatch(/✖ line 2: birthdate/)
  })

  test('words that mean nothing are told as JSON to machines', async () => {
    const { exitCode, stderr } = await run(['read', 'account', '--json', '--nope'])
    expect(exitCode).toBe(2)
    expect(JSON.parse(stderr)).toMatchObject({ error: { message: expect.stringContaining('--nope') } })
  })

  test('a read that is refused prints nothing, in no format', async () => {
    for (const format of ['json', 'csv', 'ndjson', 'table'])
      expect((await run(['read', 'account', '--filter', 'x eq', '--format', format])).stdout).toBe('')
  })

  test('the input is never taken for the file of rejected rows', async () => {
    const file = inFolder('same.csv')
    writeFileSync(file, 'name\nA\n')
    const ran = await run([
      'write',
      'account',
      '--mode',
      'insert',
      '--from',
      file,
      '--rejects',
      `${folder}/./same.csv`,
    ])
    expect(ran).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('the same file') })
    expect(readFileSync(file, 'utf8')).toBe('name\nA\n')
  })

  test('what read prints, write takes back unchanged', async () => {
    const file = inFolder('everything.csv')
    await run(['read', 'sample_everything', '--labels', '--output', file])
    const ran = await run([
      'write',
      'sample_everything',
      '--mode',
      'update',
      '--from',
      file,
      '--dry-run',
      '--json',
    ])
    expect(JSON.parse(ran.stdout)).toMatchObject({ read: 30, unchanged: 30, rejected: 0 })
    expect(existsSync(inFolder('everything.rejects.csv'))).toBe(false)
  })

  test('rows are deleted by a list from standard input', async () => {
    await run(
      [
        'write',
        'lead',
        '--mode',
        'insert',
        '--from',
        '-',
        '--input-format',
        'ndjson',
        '--rejects',
        inFolder('r.ndjson'),
      ],
      '{"lastname":"Gone","subject":"x"}\n',
    )
    const list = await run([
      'read',
      'lead',
      '--filter',
      "lastname eq 'Gone'",
      '--select',
      'leadid',
      '--format',
      'csv',
    ])
    expect(
      (
        await run(
          ['write', 'lead', '--mode', 'delete', '--from', '-', '--rejects', inFolder('r.csv')],
          list.stdout,
        )
      ).stdout,
    ).toMatch(/Deleted\s+1/)
  })
})
