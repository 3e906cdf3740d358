import type { Command } from 'commander'
import { createHttp, type ExternalSystem, openCredentialStore, resolveTarget } from '../../connect.ts'
import { withCommonOptions } from '../connection-options.ts'
import { type Io, print } from '../io.ts'
import { printFacts, printRecords } from '../print-records.ts'

/** `d365 system`: where to connect to. */
export function systemCommand(program: Command, io: Io): void {
  const system = program.command('system').description('External systems: where to connect to')

  withCommonOptions(system.command('add'))
    .description('Save an external system; what is left out is found from the Service URL')
    .argument('<name>', 'your name for it, e.g. prod')
    .requiredOption('--service-url <url>', 'e.g. https://contoso.crm.dynamics.com')
    .option('--auth-uri <url>', 'address of the sign-in page')
    .option('--token-uri <url>', 'address of the token endpoint, with or without "POST "')
    .option('--scope <scopes>', 'scopes separated by blanks (v2 endpoints)')
    .option('--tenant <tenant>', 'tenant id or domain, where no URI names one')
    .option('--default', 'use it where no --system is given')
    .option('--no-discover', 'save it without asking the service')
    .addHelpText('after', EXAMPLES)
    .action((name: string, options: AddOptions) => addSystem(io, name, options))

  withCommonOptions(system.command('list'))
    .description('List the saved external systems')
    .action(async (options: CommonOptions) => {
      const store = await openCredentialStore({ env: io.env })
      const systems = await store.systems()
      const records = systems.map(({ name, serviceUrl, credentials }) => ({
        name,
        'service url': serviceUrl,
        credentials: credentials.map((credential) => credential.name).join(', '),
      }))
      await printRecords(io, records, {
        ...options,
        empty: 'No external system is saved yet: d365 system add NAME --service-url URL.',
      })
    })

  withCommonOptions(system.command('show'))
    .description('Show one external system')
    .argument('[name]', 'default: the default system')
    .action(async (name: string | undefined, options: CommonOptions) => {
      const store = await openCredentialStore({ env: io.env })
      const {
        name: own,
        serviceUrl,
        authUri,
        tokenUri,
        scope,
        tenant,
        credentials,
      } = await store.system(name)
      await printFacts(
        io,
        {
          Name: own,
          'Service URL': serviceUrl,
          'Auth URI': authUri,
          'Token URI': tokenUri,
          Scope: scope,
          Tenant: tenant,
          Credentials:
            credentials.map((credential) => `${credential.name} (${credential.grant})`).join(', ') || 'none',
          'Secrets kept': store.protection.sentence,
          Folder: store.folder,
        },
        options,
      )
    })

  withCommonOptions(system.command('default'))
    .description('Use this system where no --system is given')
    .argument('<name>')
    .action(async (name: string) => {
      const store = await openCredentialStore({ env: io.env })
      await store.makeDefaultSystem(name)
      await print(io.stdout, `✔ ${name} is the default now.\n`)
    })

  withCommonOptions(system.command('remove'))
    .description('Forget a system with its credentials, secrets and tokens')
    .argument('<name>')
    .action(async (name: string) => {
      const store = await openCredentialStore({ env: io.env })
      await store.removeSystem(name)
      await print(io.stdout, `✔ ${name} is forgotten, with its credentials and tokens.\n`)
    })
}

interface CommonOptions {
  readonly json?: boolean
}

interface AddOptions extends CommonOptions {
  readonly serviceUrl: string
  readonly authUri?: string
  readonly tokenUri?: string
  readonly scope?: string
  readonly tenant?: string
  readonly default?: boolean
  readonly discover: boolean
}

async function addSystem(io: Io, name: string, options: AddOptions): Promise<void> {
  const { serviceUrl, authUri, tokenUri, scope, tenant } = options
  const system: ExternalSystem = {
    name,
    serviceUrl,
    ...(authUri === undefined ? {} : { authUri }),
    ...(tokenUri === undefined ? {} : { tokenUri }),
    ...(scope === undefined ? {} : { scope }),
    ...(tenant === undefined ? {} : { tenant }),
  }
  const completed = options.discover ? await complete(io, system) : { system, notes: [] }
  const store = await openCredentialStore({ env: io.env })
  await store.addSystem(completed.system, { makeDefault: options.default ?? false })
  if (options.json) return printFacts(io, { ...completed.system }, options)
  for (const note of completed.notes) await print(io.stdout, `  ${note}\n`)
  await print(
    io.stdout,
    `✔ ${name} is saved.\n  Next: d365 credential add NAME --system ${name} --client-id … --client-secret -\n`,
  )
}

/** Fills in what the service itself can tell, so that later commands need not ask again. */
async function complete(
  io: Io,
  system: ExternalSystem,
): Promise<{ readonly system: ExternalSystem; readonly notes: readonly string[] }> {
  if (system.authUri !== undefined && system.tokenUri !== undefined) return { system, notes: [] }
  const { http, close } = createHttp()
  try {
    const { authUri, tokenUri, notes } = await resolveTarget({
      system,
      grant: 'browser',
      http,
      signal: io.signal,
    })
    return { system: { authUri, tokenUri, ...system }, notes }
  } finally {
    await close()
  }
}

const EXAMPLES = `
Examples:
  $ d365 system add prod --service-url https://contoso.crm.dynamics.com
  $ d365 system add old --service-url https://contoso.api.crm4.dynamics.com/api/data/v9.1/ \\
      --token-uri "POST https://login.microsoftonline.com/TENANT/oauth2/token"
`
