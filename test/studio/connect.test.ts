import { rmSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { USERS } from '../../src/sandbox/index.ts'
import { writeCertificate } from '../certificate.test-support.ts'
import { appNamed, freshFolder } from '../sandbox.test-support.ts'
import { expectAccessible, fieldOf, type OpenOptions, withStage } from './browser.test-support.ts'

/** A newcomer's way from nothing to rows, by each kind of sign-in, on the sandbox's real sign-in page. */
const stage = withStage()

const ANN = 'ann@contoso.onmicrosoft.com'
const service = appNamed('d365 service')
const desktop = appNamed('d365 desktop')

/** The page with the Service URL typed in, and the environment found from it. */
async function atEnvironment(kind: string, look: OpenOptions = {}): Promise<Page> {
  const page = await stage.current().open('#/connect', look)
  await fieldOf(page, 'Service URL').fill(stage.current().sandbox.origin)
  await page.getByText('A Dynamics 365 environment of tenant').waitFor()
  await fieldOf(page, 'How to sign in').selectOption({ label: kind })
  return page
}

async function expectRows(page: Page): Promise<void> {
  // A page behind another one is drawn once a second only.
  await page.bringToFront()
  await page.getByRole('button', { name: 'Test connection' }).click()
  await page.getByText('Everything works.').waitFor()
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByText('20 rows.').waitFor()
  expect(await page.getByRole('gridcell').count()).toBeGreaterThan(20)
}

async function expectStop(page: Page, at: string, hint: RegExp): Promise<void> {
  await page.getByRole('button', { name: 'Test connection' }).click()
  await page.getByText(`It stops at “${at}”.`).waitFor()
  await page.getByText(hint).first().waitFor()
}

/** Presses Fetch OAuth Token and follows the link; the sandbox's page, which asks who one is. */
async function toSignInPage(page: Page): Promise<Page> {
  await page.getByRole('button', { name: 'Fetch OAuth Token' }).click()
  const opening = page.context().waitForEvent('page')
  await page.getByRole('link', { name: 'Open the sign-in page' }).click()
  return opening
}

async function signIn(entra: Page, account = ANN): Promise<void> {
  await entra.getByLabel('Another account').fill(account)
  await entra.getByLabel('Password').fill(USERS.find(({ upn }) => upn === account)?.password ?? '')
  await entra.getByRole('button', { name: 'Sign in', exact: true }).click()
}

describe('from nothing to rows', () => {
  test('in the sandbox: three clicks', async () => {
    const page = await stage.current().open()
    await page.getByRole('tab', { name: 'Try the sandbox' }).click()
    await page.getByRole('button', { name: 'Start the sandbox' }).click()
    await page.getByText('A Dynamics 365 environment of tenant').waitFor()
    await expectRows(page)
    await expectAccessible(page)
  })

  test('an application with a secret', async () => {
    const page = await atEnvironment('Application with a secret')
    await fieldOf(page, 'Client ID').fill(service.clientId)
    await fieldOf(page, 'Client Secret').fill(service.secrets[0]?.value ?? '')
    await expectRows(page)
    await page.getByText('those of its security roles').waitFor()
  })

  test('an application with a certificate', async () => {
    const folder = freshFolder()
    const { certificate, pfxFile, pfxPassword } = writeCertificate(folder)
    stage.current().sandbox.sandbox.identity.registerCertificate(service.clientId, certificate)
    const page = await atEnvironment('Application with a certificate')
    await fieldOf(page, 'Client ID').fill(service.clientId)
    await fieldOf(page, 'Certificate file').fill(pfxFile)
    await fieldOf(page, 'Password of the certificate').fill(pfxPassword)
    await expectRows(page)
    rmSync(folder, { recursive: true })
  })

  test('a person in the browser, by the listener on this machine', async () => {
    const page = await atEnvironment('A person, in the browser')
    await fieldOf(page, 'Client ID').fill(desktop.clientId)
    const entra = await toSignInPage(page)
    await signIn(entra)
    await entra.getByText('You can close this page').waitFor()
    await page.getByText('The tokens are here').waitFor()
    await expectRows(page)
    expect(await page.getByText(ANN).count()).toBeGreaterThan(0)
    expect(await fieldOf(page, 'Connection string, secrets hidden').inputValue()).toMatch(
      /AccessToken=\{••••.{4}\};RefreshToken=\{••••.{4}\}/,
    )
  })

  test('a person in the browser, by the address they end on', async () => {
    const page = await atEnvironment('A person, in the browser')
    await fieldOf(page, 'Client ID').fill(desktop.clientId)
    await page.getByRole('button', { name: 'Fetch OAuth Token' }).click()
    const link = page.getByRole('link', { name: 'Open the sign-in page' })
    const ended = await endOn((await link.getAttribute('href')) ?? '')
    const paste = fieldOf(page, 'Or paste the address you end on')
    const use = page.getByRole('button', { name: 'Use this address' })
    await paste.fill('not an address')
    await use.click()
    await page.getByText('What was pasted is not an address').waitFor()
    await paste.fill(ended.replace(/(?<=[?&])state=[^&]*/, 'state=of-another-sign-in'))
    await use.click()
    await page.getByText('The answer belongs to another sign-in').waitFor()
    await paste.fill(ended)
    await use.click()
    await page.getByText('The tokens are here').waitFor()
    await expectRows(page)
  })

  /** Where a browser on another machine ends: nobody listens there, and the address stays in its bar. */
  async function endOn(signInPage: string): Promise<string> {
    const address = new URL(signInPage)
    for (const [name, value] of Object.entries({ sandbox_sign_in: '1', login_hint: ANN, prompt: '' }))
      address.searchParams.set(name, value)
    const answer = await fetch(address, { redirect: 'manual' })
    return answer.headers.get('location') ?? ''
  }

  test('a person with a device code', async () => {
    const page = await atEnvironment('A person, with a device code')
    await fieldOf(page, 'Client ID').fill(desktop.clientId)
    await page.getByRole('button', { name: 'Fetch OAuth Token' }).click()
    const code = await page.getByText(/^[A-Z0-9]{8,9}$/).innerText()
    const opening = page.context().waitForEvent('page')
    await page.getByRole('link', { name: /devicelogin|deviceauth/ }).click()
    const entra = await opening
    await entra.getByLabel('Code displayed').fill(code)
    await entra.getByRole('button', { name: 'Next' }).click()
    await entra.getByRole('button', { name: 'Ann Miller' }).click()
    await page.getByText('The tokens are here').waitFor()
    await expectRows(page)
  })

  test('tokens obtained elsewhere, and a connection string with them', async () => {
    const { page, access, refresh } = await fetchedTokens()
    await page.getByRole('button', { name: 'Start over' }).click()
    await fieldOf(page, 'Service URL').fill(stage.current().sandbox.origin)
    await fieldOf(page, 'How to sign in').selectOption({ label: 'A refresh token you have' })
    await fieldOf(page, 'Client ID').fill(desktop.clientId)
    await fieldOf(page, 'Refresh token').fill(refresh)
    await expectRows(page)
    await page.getByRole('button', { name: 'Start over' }).click()
    await page.getByRole('tab', { name: 'I have a connection string' }).click()
    await fieldOf(page, 'Connection string to read').fill(
      `jdbc:datadirect:dynamics365:ServiceURL=${stage.current().sandbox.origin};AuthenticationMethod=OAuth2;AccessToken={${access}};SchemaMap=x`,
    )
    await page.getByRole('button', { name: 'Read into the fields' }).click()
    await page.getByText('SchemaMap has no effect').waitFor()
    expect(await fieldOf(page, 'How to sign in').inputValue()).toBe('access-token')
    await expectRows(page)
  })

  async function fetchedTokens(): Promise<{ page: Page; access: string; refresh: string }> {
    const page = await atEnvironment('A person, in the browser')
    await fieldOf(page, 'Client ID').fill(desktop.clientId)
    await signIn(await toSignInPage(page))
    await page.getByText('The tokens are here').waitFor()
    await page.bringToFront()
    await page.getByRole('button', { name: 'Edit', exact: true }).click()
    const text = await fieldOf(page, 'Connection string, with its secrets').inputValue()
    const tokenIn = (name: string) => new RegExp(`${name}=\\{?([^;}]+)`).exec(text)?.[1] ?? ''
    await page.getByRole('button', { name: 'Cancel' }).click()
    return { page, access: tokenIn('AccessToken'), refresh: tokenIn('RefreshToken') }
  }
})

describe('what goes wrong says why', () => {
  test('the secret’s id in place of its value, seen while typing, refused, and put right', async () => {
    const page = await atEnvironment('Application with a secret', { dark: true })
    await fieldOf(page, 'Client ID').fill(service.clientId)
    await fieldOf(page, 'Client Secret').fill(service.secrets[0]?.id ?? '')
    await page.getByText('that is the Secret ID, not its Value').waitFor()
    await expectStop(page, 'Sign-in', /Often the Secret ID was copied/)
    await expectAccessible(page)
    await fieldOf(page, 'Client Secret').fill(service.secrets[0]?.value ?? '')
    await expectRows(page)
  })

  test('an application without a security role', async () => {
    const page = await atEnvironment('Application with a secret')
    await fieldOf(page, 'Client ID').fill(appNamed('No role').clientId)
    await fieldOf(page, 'Client Secret').fill(appNamed('No role').secrets[0]?.value ?? '')
    await expectStop(page, 'Security role', /no security role was given/)
  })

  test('a redirect URI that is not registered: the page says so, and the wait can be ended', async () => {
    const page = await atEnvironment('A person, in the browser')
    await fieldOf(page, 'Client ID').fill(desktop.clientId)
    await fieldOf(page, 'Redirect URI').fill('http://localhost/elsewhere')
    const entra = await toSignInPage(page)
    await entra.getByText('AADSTS50011').first().waitFor()
    await page.bringToFront()
    await page.getByRole('button', { name: 'Stop waiting' }).click()
    await page.getByRole('button', { name: 'Fetch OAuth Token' }).waitFor()
    await fieldOf(page, 'Redirect URI').fill('')
    await signIn(await toSignInPage(page))
    await page.getByText('The tokens are here').waitFor()
  })

  test('consent that is declined', async () => {
    const page = await atEnvironment('A person, in the browser')
    await fieldOf(page, 'Client ID').fill(appNamed('Asks for consent').clientId)
    const entra = await toSignInPage(page)
    await signIn(entra)
    await entra.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('AADSTS65004').waitFor()
    await page.getByRole('button', { name: 'Fetch OAuth Token' }).waitFor()
  })

  test('an address that is no environment', async () => {
    const page = await stage.current().open('#/connect')
    const { origin } = new URL(stage.current().studio.address({ once: true }))
    await fieldOf(page, 'Service URL').fill(origin)
    await page.getByText('where a Dynamics 365 service asks for a sign-in').waitFor()
  })

  test('swapped addresses, with a button that puts them right', async () => {
    const page = await atEnvironment('Application with a secret')
    await page.getByRole('button', { name: 'Auth URI, Token URI' }).click()
    const written = page.getByRole('radio', { name: 'v1, written out' })
    // What is discovered may arrive in between and draw the choice anew.
    await expect
      .poll(async () => {
        if (!(await written.isChecked())) await written.click()
        return fieldOf(page, 'Token URI').inputValue()
      })
      .toMatch(/\/oauth2\/token$/)
    const token = await fieldOf(page, 'Token URI').inputValue()
    await fieldOf(page, 'Token URI').fill(token.replace(/token$/, 'authorize'))
    await page.getByRole('button', { name: `Fix Token URI: use ${token}` }).click()
    await page.getByText('Token URI ends in /authorize').waitFor({ state: 'hidden' })
    expect(await fieldOf(page, 'Token URI').inputValue()).toBe(token)
  })
})

test('the connection string builds itself, hides its secrets, and flows back when it is edited', async () => {
  const page = await atEnvironment('Application with a secret')
  await fieldOf(page, 'Client ID').fill(service.clientId)
  await fieldOf(page, 'Client Secret').fill('one-secret-of-some-length')
  const shown = fieldOf(page, 'Connection string, secrets hidden')
  await expect
    .poll(() => shown.inputValue())
    .toBe(
      `jdbc:datadirect:dynamics365:ServiceURL=${stage.current().sandbox.origin};AuthenticationMethod=OAuth2;ClientID=${service.clientId};ClientSecret={••••ngth};`,
    )
  await page.getByRole('button', { name: 'Edit', exact: true }).click()
  const edited = fieldOf(page, 'Connection string, with its secrets')
  expect(await edited.inputValue()).toContain('ClientSecret=one-secret-of-some-length;')
  await edited.fill(`${await edited.inputValue()}FetchSize=100;Scope=x/.default`)
  await page.getByRole('button', { name: 'Apply' }).click()
  await page.getByText('Scope x/.default names no service').waitFor()
  expect(await shown.inputValue()).toContain('FetchSize=100')
  await page.reload()
  await expect.poll(() => fieldOf(page, 'Scope').inputValue()).toBe('x/.default')
  expect(await page.content()).not.toContain('one-secret-of-some-length')
})

test('nothing is kept on this machine until somebody saves, and then it is there', async () => {
  const { run } = stage.current()
  const page = await atEnvironment('Application with a secret')
  await fieldOf(page, 'Client ID').fill(service.clientId)
  await fieldOf(page, 'Client Secret').fill(service.secrets[0]?.value ?? '')
  await expectRows(page)
  await page.goto(`${new URL(page.url()).origin}/#/systems`)
  await page.getByText('Nothing is saved yet').waitFor()
  await page.goBack()
  await fieldOf(page, 'Name of the external system').fill('local')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Saved.').waitFor()
  await run(['test', '--system', 'local', '--credential', 'robot'])
  await page.getByRole('link', { name: 'See all systems' }).click()
  await page.getByRole('button', { name: 'Test robot of local' }).click()
  await page.getByText(/^Works .*d365 service/).waitFor()
})

test('HTML in a field is text wherever it is shown', async () => {
  const html = '<img src=x onerror=alert(1)>"><script>alert(2)</script>'
  const page = await stage.current().open('#/connect')
  page.on('dialog', (dialog) => {
    throw new Error(`A script ran: ${dialog.message()}`)
  })
  await fieldOf(page, 'Service URL').fill(`https://contoso.example/${html}`)
  await fieldOf(page, 'Client ID').fill(html)
  await fieldOf(page, 'Client Secret').fill(html)
  await page.getByRole('button', { name: 'Auth URI, Token URI' }).click()
  for (const field of ['Auth URI', 'Token URI', 'Scope', 'Tenant']) await fieldOf(page, field).fill(html)
  await page.getByText(`Client ID ${html} is not a GUID`).waitFor()
  await fieldOf(page, 'Name of the external system').fill(html)
  await fieldOf(page, 'Name of the credential').fill(html)
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Saved.').waitFor()
  await page.goto(`${new URL(page.url()).origin}/#/systems`)
  await page.getByRole('heading', { level: 2, name: html }).waitFor()
  await page.getByRole('button', { name: `Test ${html} of ${html}` }).click()
  await page.getByText(/^Failed/).waitFor()
  expect(await page.locator('img').count()).toBe(0)
})
