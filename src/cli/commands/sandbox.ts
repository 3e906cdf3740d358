import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { D365Error } from '../../core/errors.ts'
import { writeWholeFile } from '../../output/whole-file.ts'
import type { ListeningSandbox } from '../../sandbox/index.ts'
import { type Io, print } from '../io.ts'
import { portNumber, wholeNumber } from '../numbers.ts'

/** `d365 sandbox`: a Dynamics 365 environment and Entra ID on this machine, until Ctrl-C. */
export function sandboxCommand(program: Command, io: Io): void {
  program
    .command('sandbox')
    .description('Start a local Dynamics 365 and Entra ID to try things on')
    .option('--port <port>', 'port to listen on, 0 for any free one', portNumber('--port'), DEFAULT_PORT)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--rows <rows>', 'fill one table to this many rows, up to 1,000,000', wholeNumber('--rows'))
    .option('--table <table>', 'the table --rows fills', 'account')
    .option('--dir <folder>', 'keep the data in this folder between starts')
    .option('--tls', 'serve HTTPS from its own certificate authority, also as login.microsoftonline.com')
    .option('--ca-file <file>', 'where --tls writes the certificate to trust')
    .option('--json', 'print what was started as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (options: SandboxCommandOptions) => {
      const { port, host, rows, table, dir, tls, caFile } = options
      if (caFile !== undefined && !tls)
        throw new D365Error('CONFIG_INVALID', '--ca-file goes with --tls.', {
          hint: 'Add --tls, or leave --ca-file out.',
        })
      // Loaded when it is wanted: other commands start sooner without it.
      const { APPS, createSandbox, USERS } = await import('../../sandbox/index.ts')
      const people = { APPS, USERS }
      const sandbox = createSandbox({
        ...(rows === undefined ? {} : { rows, table }),
        ...(dir === undefined ? {} : { dir }),
      })
      const server = await sandbox.listen({ port, host, ...(tls === undefined ? {} : { tls }) })
      const ca = await writeAuthority(server, { dir, caFile })
      await print(
        io.stdout,
        options.json
          ? `${JSON.stringify(facts(server, ca, people), null, 2)}\n`
          : welcome(server, ca, people),
      )
      await stopped(io.signal)
      await server.close()
    })
}

const DEFAULT_PORT = 8365

interface SandboxCommandOptions {
  readonly port: number
  readonly host: string
  readonly rows?: number
  readonly table: string
  readonly dir?: string
  readonly tls?: boolean
  readonly caFile?: string
  readonly json?: boolean
}

/** The certificate that clients have to trust, in a file; undefined without TLS. */
async function writeAuthority(
  { caPem, origin }: ListeningSandbox,
  { dir, caFile }: { readonly dir: string | undefined; readonly caFile: string | undefined },
): Promise<string | undefined> {
  if (caPem === undefined) return undefined
  const usual =
    dir === undefined ? join(tmpdir(), `sandbox-${new URL(origin).port}-ca.pem`) : join(dir, 'sandbox-ca.pem')
  const path = resolve(caFile ?? usual)
  await writeWholeFile(path, (append) => append(caPem))
  return path
}

type People = Pick<typeof import('../../sandbox/index.ts'), 'APPS' | 'USERS'>

function facts(server: ListeningSandbox, ca: string | undefined, { APPS, USERS }: People) {
  const { origin, serviceUrl, authUri, tokenUri, connectionString } = server
  return {
    origin,
    serviceUrl,
    authUri,
    tokenUri,
    connectionString,
    ...(ca === undefined ? {} : { caFile: ca }),
    apps: APPS.map(({ name, clientId, secrets }) => ({
      name,
      clientId,
      secrets: secrets.map(({ value, expired }) => ({ value, expired: expired ?? false })),
    })),
    users: USERS.map(({ upn, password, roles, trait }) => ({ upn, password, roles, trait })),
  }
}

function welcome(server: ListeningSandbox, ca: string | undefined, { APPS, USERS }: People): string {
  const apps = APPS.map((app) => [
    app.clientId,
    app.secrets.find(({ expired }) => !expired)?.value ?? '(public client)',
    app.name,
  ])
  const users = USERS.map((user) => [
    user.upn,
    user.password,
    user.trait ?? (user.roles.join(', ') || 'no role'),
  ])
  return `Sandbox of Dynamics 365 and Entra ID. Everything in it is made up; Ctrl-C stops it.

Service URL   ${server.serviceUrl}
Auth URI      ${server.authUri}
Token URI     ${server.tokenUri}

Connection string (System Administrator, client credentials):
${server.connectionString}
${ca === undefined ? '' : tlsHelp(server, ca)}
Applications (client id, secret):
${columns(apps)}
Users (name, password):
${columns(users)}
Try:  d365 test --connection "…the string above…"
      d365 read account --top 5 --connection "…"
What it was asked:  ${server.origin}/sandbox
`
}

function tlsHelp({ origin }: ListeningSandbox, ca: string): string {
  const { port } = new URL(origin)
  return `
Certificate to trust: ${ca}
  NODE_EXTRA_CA_CERTS=${ca} d365 test --connection "…"
  curl --cacert ${ca} --connect-to ::127.0.0.1:${port} https://contoso.crm.dynamics.com/api/data/v9.2/
It also answers as login.microsoftonline.com, contoso.crm.dynamics.com and contoso.api.crm.dynamics.com: for clients that
cannot be told where to connect, serve on port 443 and put these names behind 127.0.0.1 in the hosts file.
`
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>(
    (current, row) => row.map((cell, index) => Math.max(current[index] ?? 0, cell.length)),
    [],
  )
  return rows
    .map(
      (row) =>
        `  ${row
          .map((cell, index) => cell.padEnd(widths[index] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}

function stopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

const EXAMPLES = `
Examples:
  $ d365 sandbox
  $ d365 sandbox --rows 100000 --table contact
  $ d365 sandbox --dir ./my-environment --port 9000
  $ d365 sandbox --tls --port 8443
`
