import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import {
  type Credential,
  GRANTS,
  type GrantName,
  impliedGrant,
  isGrantName,
  openCredentialStore,
} from '../../connect.ts'
import { D365Error } from '../../core/errors.ts'
import { withCommonOptions } from '../connection-options.ts'
import { type Io, print } from '../io.ts'
import { printRecords } from '../print-records.ts'
import { readSecretArgument, SECRET_ARGUMENT } from '../secret-argument.ts'

/** `d365 credential`: who connects. */
export function credentialCommand(program: Command, io: Io): void {
  const credential = program.command('credential').description('Credentials: who connects to a system')

  withCommonOptions(credential.command('add'))
    .description('Save a credential of an external system')
    .argument('<name>', 'your name for it, e.g. robot')
    .option('--system <name>', 'the external system it is for (default: the default one)')
    .option('--grant <grant>', `how it signs in: ${GRANTS.join(', ')} (default: what the other options mean)`)
    .option('--client-id <id>', 'application (client) id')
    .option('--client-secret <secret>', `client secret: ${SECRET_ARGUMENT}`)
    .option('--certificate <file>', 'PEM file with certificate and private key, or PFX file')
    .option('--certificate-password <secret>', `password of that file: ${SECRET_ARGUMENT}`)
    .option('--thumbprint <hash>', 'sha256 (PS256, x5t#S256) or sha1 (RS256, x5t)', 'sha256')
    .option('--access-token <token>', `access token fetched elsewhere: ${SECRET_ARGUMENT}`)
    .option('--refresh-token <token>', `refresh token: ${SECRET_ARGUMENT}`)
    .option('--redirect-uri <uri>', 'redirect URI of the browser sign-in')
    .option('--token-file <file>', 'file with a federated token (workload identity)')
    .option('--default', 'use it where no --credential is given')
    .addHelpText('after', EXAMPLES)
    .action((name: string, options: AddOptions) => addCredential(io, name, options))

  withCommonOptions(credential.command('list'))
    .description('List the credentials of a system')
    .option('--system <name>', 'default: every system')
    .action(async (options: { json?: boolean; system?: string }) => {
      const store = await openCredentialStore({ env: io.env })
      const systems =
        options.system === undefined ? await store.systems() : [await store.system(options.system)]
      const records = systems.flatMap((system) =>
        system.credentials.map(({ name, grant, clientId }) => ({
          system: system.name,
          name,
          grant,
          'client id': clientId ?? '',
          default: name === system.defaultCredential ? 'yes' : '',
        })),
      )
      await printRecords(io, records, {
        ...options,
        empty: 'No credential is saved yet: d365 credential add NAME.',
      })
    })

  withCommonOptions(credential.command('default'))
    .description('Use this credential where no --credential is given')
    .argument('<name>')
    .option('--system <name>', 'the external system it belongs to (default: the default one)')
    .action(async (name: string, options: { system?: string }) => {
      const store = await openCredentialStore({ env: io.env })
      await store.makeDefaultCredential(options.system, name)
      await print(io.stdout, `✔ ${name} is the default now.\n`)
    })

  withCommonOptions(credential.command('remove'))
    .description('Forget a credential with its secrets and tokens')
    .argument('<name>')
    .option('--system <name>', 'the external system it belongs to (default: the default one)')
    .action(async (name: string, options: { system?: string }) => {
      const store = await openCredentialStore({ env: io.env })
      await store.removeCredential(options.system, name)
      await print(io.stdout, `✔ ${name} is forgotten, with its secrets and tokens.\n`)
    })
}

interface AddOptions {
  readonly json?: boolean
  readonly system?: string
  readonly grant?: string
  readonly clientId?: string
  readonly clientSecret?: string
  readonly certificate?: string
  readonly certificatePassword?: string
  readonly thumbprint: string
  readonly accessToken?: string
  readonly refreshToken?: string
  readonly redirectUri?: string
  readonly tokenFile?: string
  readonly default?: boolean
}

async function addCredential(io: Io, name: string, options: AddOptions): Promise<void> {
  const given = await readGiven(io, options)
  await checkGiven(given)
  const credential: Credential = { name, grant: grantOf(options.grant, given), ...given }
  const store = await openCredentialStore({ env: io.env })
  await store.addCredential(options.system, credential, { makeDefault: options.default ?? false })
  await print(io.stdout, `✔ ${name} is saved (${credential.grant}). ${store.protection.sentence}\n`)
  const system = await store.system(options.system)
  const named = [
    ...(system.name === (await store.system()).name ? [] : [`--system ${quoted(system.name)}`]),
    ...(system.defaultCredential === name ? [] : [`--credential ${quoted(name)}`]),
  ]
  const person = credential.grant === 'browser' || credential.grant === 'device-code'
  await print(io.stdout, `  Next: ${['d365', person ? 'login' : 'test', ...named].join(' ')}\n`)
}

/** What could not work is not saved. */
async function checkGiven({
  clientId,
  certificate,
  secret,
  refreshToken,
}: Omit<Credential, 'name' | 'grant'>): Promise<void> {
  if (clientId !== undefined && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(clientId.trim()))
    throw new D365Error('CONFIG_INVALID', `--client-id is ${clientId}; it must be a GUID.`, {
      hint: 'entra.microsoft.com > App registrations > your app > Overview: Application (client) ID.',
    })
  if (
    clientId === undefined &&
    (secret !== undefined || certificate !== undefined || refreshToken !== undefined)
  )
    throw new D365Error('CONFIG_INVALID', 'A secret, certificate or refresh token needs its --client-id.', {
      hint: 'entra.microsoft.com > App registrations > your app > Overview: Application (client) ID.',
    })
  if (certificate !== undefined)
    await access(certificate.path).catch((cause: unknown) => {
      throw new D365Error('IO_FAILED', `The certificate file ${certificate.path} cannot be read.`, { cause })
    })
}

/** As a shell takes it. */
function quoted(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : `"${name}"`
}

async function readGiven(io: Io, options: AddOptions): Promise<Omit<Credential, 'name' | 'grant'>> {
  const secret = (option: string, argument: string | undefined) =>
    argument === undefined ? Promise.resolve(undefined) : readSecretArgument(io, option, argument)
  const clientSecret = await secret('--client-secret', options.clientSecret)
  const password = await secret('--certificate-password', options.certificatePassword)
  const accessToken = await secret('--access-token', options.accessToken)
  const refreshToken = await secret('--refresh-token', options.refreshToken)
  const { clientId, certificate, redirectUri, tokenFile } = options
  return {
    ...(clientId === undefined ? {} : { clientId }),
    ...(clientSecret === undefined ? {} : { secret: clientSecret }),
    ...(certificate === undefined
      ? {}
      : {
          certificate: {
            path: resolve(certificate),
            thumbprint: thumbprintOf(options.thumbprint),
            ...(password === undefined ? {} : { password }),
          },
        }),
    ...(accessToken === undefined ? {} : { accessToken }),
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(redirectUri === undefined ? {} : { redirectUri }),
    ...(tokenFile === undefined ? {} : { tokenFile: resolve(tokenFile) }),
  }
}

function grantOf(text: string | undefined, given: Omit<Credential, 'name' | 'grant'>): GrantName {
  if (text === undefined) return impliedGrant(given) ?? 'browser'
  if (isGrantName(text)) return text
  throw new D365Error('CONFIG_INVALID', `--grant is ${text}; it must be one of ${GRANTS.join(', ')}.`)
}

function thumbprintOf(text: string): 'sha256' | 'sha1' {
  if (text === 'sha256' || text === 'sha1') return text
  throw new D365Error('CONFIG_INVALID', `--thumbprint is ${text}; it must be sha256 or sha1.`)
}

const EXAMPLES = `
Examples:
  $ d365 credential add robot --client-id 0000… --client-secret @secret.txt
  $ d365 credential add cert --client-id 0000… --certificate app.pfx --certificate-password env:PFX_PASSWORD
  $ d365 credential add me --client-id 0000…             then: d365 login
  $ pbpaste | d365 credential add tokens --client-id 0000… --client-secret @secret.txt --refresh-token -
`
