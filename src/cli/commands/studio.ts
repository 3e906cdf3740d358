import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { D365Error } from '../../core/errors.ts'
import type { StartedSandbox, Studio } from '../../studio/index.ts'
import { chooseLog } from '../connection-options.ts'
import { type Io, print } from '../io.ts'
import { portNumber } from '../numbers.ts'
import { openPage } from '../open-page.ts'
import { readSecretArgument, SECRET_ARGUMENT } from '../secret-argument.ts'

/** `d365 studio`: the web app, served to the browser of this machine until Ctrl-C. */
export function studioCommand(program: Command, io: Io): void {
  withStudioOptions(program.command('studio'))
    .description('Open the studio in the browser: connect, explore, query, write back')
    .addHelpText('after', STUDIO_EXAMPLES)
    .action((options: StudioOptions) => serveStudio(io, options, ''))
}

/** `d365 setup`: the same, on the page that connects. */
export function setupCommand(program: Command, io: Io): void {
  withStudioOptions(program.command('setup'))
    .description('Connect to an environment in the browser, step by step')
    .addHelpText('after', SETUP_EXAMPLES)
    .action((options: StudioOptions) => serveStudio(io, options, 'connect'))
}

interface StudioOptions {
  readonly open: boolean
  readonly port: number
  readonly listen?: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly password?: string
  readonly log?: string
}

const DEFAULT_PORT = 8366

function withStudioOptions(command: Command): Command {
  return command
    .option('--no-open', 'print the address instead of opening the browser')
    .option('--port <port>', 'port to listen on, 0 for any free one', portNumber('--port'), DEFAULT_PORT)
    .option(
      '--listen <address>',
      'address to be reached by; beyond this machine only with TLS and a password',
    )
    .option('--tls-cert <file>', 'certificate (PEM) to serve HTTPS with')
    .option('--tls-key <file>', 'its private key (PEM)')
    .option('--password <secret>', `what other machines come in with: ${SECRET_ARGUMENT}`)
    .option('--log <level>', 'write what happens to standard error: error, warn, info or debug')
}

async function serveStudio(io: Io, options: StudioOptions, page: string): Promise<void> {
  const { port, listen, log } = options
  const password =
    options.password === undefined ? undefined : await readSecretArgument(io, '--password', options.password)
  const tls = await readTls(options)
  // Loaded when it is wanted: other commands start sooner without it.
  const { listenStudio } = await import('../../studio/index.ts')
  const studio = await listenStudio({
    port,
    env: io.env,
    log: chooseLog(io, log),
    startSandbox,
    ...(listen === undefined ? {} : { listen }),
    ...(tls === undefined ? {} : { tls }),
    ...(password === undefined ? {} : { password }),
  })
  try {
    await print(io.stdout, welcome(studio, page))
    if (options.open)
      openPage(studio.address({ once: true, page }), () => {
        io.stderr.write('! The browser could not be opened; open the address yourself.\n')
      })
    await stopped(io.signal)
  } finally {
    await studio.close()
  }
}

function welcome(studio: Studio, page: string): string {
  return `The studio runs here until Ctrl-C:
  ${studio.address({ once: false, page })}
Whoever has this address can use your connections: keep it to yourself.
`
}

async function readTls({ tlsCert, tlsKey }: StudioOptions) {
  if (tlsCert === undefined && tlsKey === undefined) return undefined
  if (tlsCert === undefined || tlsKey === undefined)
    throw new D365Error('CONFIG_INVALID', '--tls-cert and --tls-key go together.')
  return { certificate: await readPem('--tls-cert', tlsCert), key: await readPem('--tls-key', tlsKey) }
}

async function readPem(option: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new D365Error('IO_FAILED', `${option} names the file ${path}, which cannot be read.`, { cause })
  }
}

async function startSandbox(): Promise<StartedSandbox> {
  const { APPS, createSandbox, USERS } = await import('../../sandbox/index.ts')
  const server = await createSandbox().listen({ port: 0 })
  return {
    serviceUrl: server.serviceUrl,
    connectionString: server.connectionString,
    people: USERS.filter(({ trait, roles }) => trait === undefined && roles.length > 0).map(
      ({ upn, password }) => ({ account: upn, password }),
    ),
    applications: APPS.map(({ name, clientId }) => ({ name, clientId })),
    close: () => server.close(),
  }
}

function stopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

const STUDIO_EXAMPLES = `
Examples:
  $ d365 studio
  $ d365 studio --no-open --port 9000          on a server: ssh -L 9000:127.0.0.1:9000 SERVER, then open the address
  $ d365 studio --listen studio.contoso.com --tls-cert cert.pem --tls-key key.pem --password @password.txt
`

const SETUP_EXAMPLES = `
Examples:
  $ d365 setup
  $ d365 setup --no-open
`
