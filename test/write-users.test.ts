import { rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Connection, connect } from '../src/connect.ts'
import { createSandbox, type ListeningSandbox } from '../src/sandbox/index.ts'
import { appNamed, freshFolder, run } from './sandbox.test-support.ts'

/** Several application users share one write; the service counts its limits for each. */

let server: ListeningSandbox
let connection: Connection
let folder: string
const second = appNamed('No role')

beforeAll(async () => {
  server = await createSandbox().listen({ port: 0 })
  folder = freshFolder()
  connection = await connect({
    connectionString: server.connectionString,
    env: { D365_CONFIG_DIR: folder, D365_SECRET_STORE: 'file' },
  })
  const { value } = JSON.parse(
    new TextDecoder().decode(
      (
        await connection.request({
          method: 'GET',
          path: "roles?$select=roleid&$filter=name eq 'System Administrator'",
        })
      ).body,
    ),
  )
  await connection.request({
    method: 'POST',
    path: `systemusers(${second.systemUserId})/systemuserroles_association/$ref`,
    body: JSON.stringify({ '@odata.id': `${connection.serviceUrl}roles(${value[0].roleid})` }),
  })
})

afterAll(async () => {
  await connection.close()
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

const secondAs = (secret: string) =>
  ({ name: 'second', grant: 'client-secret', clientId: second.clientId, secret }) as const

const rows = Array.from({ length: 60 }, (_, at) => ({ name: `Shared ${at}` }))

function writers(): Map<unknown, number> {
  const counts = new Map<unknown, number>()
  for (const { name, createdby } of server.sandbox.store.table('account').rowsByKey())
    if (String(name).startsWith('Shared')) counts.set(createdby, (counts.get(createdby) ?? 0) + 1)
  return counts
}

test('two application users write every row once, each a part of them', async () => {
  const report = await connection.write('account', rows, {
    mode: 'insert',
    batchSize: 5,
    parallel: 2,
    alsoAs: [secondAs(second.secrets[0]?.value ?? '')],
  })
  expect(report).toMatchObject({ created: 60, rejected: 0 })
  const shares = [...writers().values()]
  expect(shares).toHaveLength(2)
  expect(shares.reduce((sum, one) => sum + one, 0)).toBe(60)
  expect(Math.min(...shares)).toBeGreaterThanOrEqual(10)
})

test('a user who cannot sign in is found before the first row leaves', async () => {
  const before = server.sandbox.store.table('account').size
  const writing = connection.write('account', rows, { mode: 'insert', alsoAs: [secondAs('wrong')] })
  await expect(writing).rejects.toMatchObject({ code: 'SIGN_IN_FAILED' })
  expect(server.sandbox.store.table('account').size).toBe(before)
})

test('the command line takes saved credentials to write as', async () => {
  const args = ['write', 'account', '--mode', 'insert', '--from', '-', '--also-as', 'nobody']
  const refused = await run([...args, '--connection', server.connectionString], {
    folder,
    stdin: 'name\nA\n',
  })
  expect(refused.exitCode).toBe(3)
})
