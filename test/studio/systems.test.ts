import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { openCredentialStore } from '../../src/connect.ts'
import { appNamed, freshFolder } from '../sandbox.test-support.ts'
import { expectAccessible, fieldOf, withStage } from './browser.test-support.ts'

/** Saved systems and credentials, as a person keeps them. */
const stage = withStage()

const service = appNamed('d365 service')
const secret = service.secrets[0]?.value ?? ''

const store = () =>
  openCredentialStore({ env: { D365_CONFIG_DIR: stage.current().folder, D365_SECRET_STORE: 'file' } })

beforeAll(async () => {
  const saved = await store()
  await saved.addSystem({ name: 'local', serviceUrl: stage.current().sandbox.origin })
  await saved.addCredential('local', {
    name: 'robot',
    grant: 'client-secret',
    clientId: service.clientId,
    secret,
  })
})

test('a credential is tested, and how it went is still known after a reload', async () => {
  const page = await stage.current().open('#/systems')
  await page.getByText('Not tested yet').waitFor()
  await page.getByRole('button', { name: 'Test robot of local' }).click()
  await page.getByText(/^Works .*d365 service/).waitFor()
  await page.getByText(/^Its token lasts/).waitFor()
  await page.reload()
  await page.getByText(/^Works .*d365 service/).waitFor()
  await expectAccessible(page)
})

test('a credential is copied with its secret, renamed, made the default and removed', async () => {
  const page = await stage.current().open('#/systems')
  const choose = async (of: string, item: string) => {
    await page.getByRole('button', { name: `More for ${of}`, exact: true }).click()
    await page.getByRole('menuitem', { name: item }).click()
  }
  await choose('robot of local', 'Duplicate …')
  await fieldOf(page, 'New name').fill('Robot')
  await page.getByRole('button', { name: 'Duplicate', exact: true }).click()
  await page.getByText('There is already a credential of local named Robot').waitFor()
  await fieldOf(page, 'New name').fill('second')
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Duplicate', exact: true }).click()
  await page.getByRole('button', { name: 'Test second of local' }).click()
  await page
    .getByRole('listitem', { name: 'second of local' })
    .getByText(/^Works/)
    .waitFor()
  await choose('second of local', 'Rename …')
  await fieldOf(page, 'New name').fill('night')
  await page.getByRole('button', { name: 'Rename', exact: true }).click()
  await page.getByRole('listitem', { name: 'night of local' }).waitFor()
  await choose('night of local', 'Make it the default')
  await page.getByRole('listitem', { name: 'night of local' }).getByText('default').waitFor()
  expect((await (await store()).system('local')).defaultCredential).toBe('night')
  await choose('night of local', 'Remove …')
  await page.getByRole('button', { name: 'Remove', exact: true }).click()
  await page.getByRole('alertdialog').waitFor({ state: 'detached' })
  expect(await page.getByRole('listitem', { name: 'night of local' }).count()).toBe(0)
  expect((await (await store()).system('local')).credentials.map(({ name }) => name)).toEqual(['robot'])
})

test('edit shows what was saved, without the secret, and saves a change', async () => {
  const page = await stage.current().open('#/systems')
  await page.getByRole('link', { name: 'Edit robot of local' }).click()
  await expect.poll(() => fieldOf(page, 'Client ID').inputValue()).toBe(service.clientId)
  expect(await page.getByLabel('Client Secret, hidden').inputValue()).toBe(
    '••••.-_'.replace('.-_', secret.slice(-4)),
  )
  expect(await page.content()).not.toContain(secret)
  await page.getByRole('button', { name: 'Auth URI, Token URI' }).click()
  await fieldOf(page, 'Tenant').fill('contoso.onmicrosoft.com')
  await page.getByRole('button', { name: 'Save changes' }).click()
  await page.getByText('Saved.').waitFor()
  const { system, credential } = await (await store()).credential('local', 'robot')
  expect(system.tenant).toBe('contoso.onmicrosoft.com')
  expect(credential.secret).toBe(secret)
})

test('the export has no secret in it, and is imported on another machine', async () => {
  const page = await stage.current().open('#/systems')
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export without secrets' }).click()
  const path = join(freshFolder(), 'systems.json')
  await (await download).saveAs(path)
  const file = await readFile(path, 'utf8')
  expect(file).toContain(service.clientId)
  expect(file).not.toContain(secret)
  await (await store()).removeSystem('local')
  await page.getByLabel('File to import').setInputFiles(path)
  await page.getByText('2 added.').waitFor()
  await page.getByRole('button', { name: 'OK' }).click()
  await page.getByRole('listitem', { name: 'robot of local' }).waitFor()
  await page.getByLabel('File to import').setInputFiles(path)
  await page.getByText('0 added. local, local · robot was there already').waitFor()
})

test('a file that is none of ours is refused with a reason', async () => {
  const page = await stage.current().open('#/systems')
  const give = (content: string) =>
    page.getByLabel('File to import').setInputFiles({
      name: 'x.json',
      mimeType: 'application/json',
      buffer: Buffer.from(content),
    })
  await give('not json')
  await page.getByText('x.json is not JSON').waitFor()
  await page.getByRole('button', { name: 'OK' }).click()
  await give(JSON.stringify({ format: 'd365 systems', version: 1, systems: [], secret: 'x' }))
  await page.getByText(/^file: Unrecognized key/).waitFor()
})
