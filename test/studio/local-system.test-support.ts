import { openCredentialStore } from '../../src/connect.ts'
import { appNamed } from '../sandbox.test-support.ts'
import type { Stage } from './browser.test-support.ts'

/** Saves the stage's sandbox as the system `local`, with an application that may do everything. */
export async function saveLocalSystem({ folder, sandbox }: Pick<Stage, 'folder' | 'sandbox'>): Promise<void> {
  const store = await openCredentialStore({ env: { D365_CONFIG_DIR: folder, D365_SECRET_STORE: 'file' } })
  if ((await store.systems()).some(({ name }) => name === 'local')) return
  const { clientId, secrets } = appNamed('d365 service')
  await store.addSystem({ name: 'local', serviceUrl: sandbox.origin })
  await store.addCredential('local', {
    name: 'robot',
    grant: 'client-secret',
    clientId,
    secret: secrets[0]?.value ?? '',
  })
}
