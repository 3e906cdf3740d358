import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { createSandbox } from '../../src/sandbox/index.ts'
import { appNamed } from './entra.test-support.ts'

const run = promisify(execFile)

test('clients that know only the names of the cloud sign in and read, once they trust the authority', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'd365-cloud-'))
  const server = await createSandbox().listen({ port: 0, tls: true })
  try {
    const caFile = join(folder, 'ca.pem')
    writeFileSync(caFile, server.caPem ?? '')
    const { clientId, secrets } = appNamed('d365 service')
    const script = fileURLToPath(new URL('cloud-client.mjs', import.meta.url))
    const { stdout } = await run(
      process.execPath,
      [script, new URL(server.origin).port, clientId, secrets[0]?.value ?? ''],
      { env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile } },
    )
    expect(JSON.parse(stdout)).toEqual({ rows: 2, user: 'd0000000-0000-4000-8000-000000000101' })
  } finally {
    await server.close()
    rmSync(folder, { recursive: true })
  }
})
