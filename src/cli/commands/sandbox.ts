import type { Command } from 'commander'
import { APPS, createSandbox, type ListeningSandbox, USERS } from '../../sandbox/index.ts'
import { type Io, print } from '../io.ts'
import { wholeNumber } from '../numbers.ts'

/** `d365 sandbox`: a Dynamics 365 environment and Entra ID on this machine, until Ctrl-C. */
export function sandboxCommand(program: Command, io: Io): void {
  program
    .command('sandbox')
    .description('Start a local Dynamics 365 and Entra ID to try things on')
    .option('--port <port>', 'port to listen on', wholeNumber('--port'), DEFAULT_PORT)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--rows <rows>', 'fill one table to this many rows, up to 1,000,000', wholeNumber('--rows'))
    .option('--table <table>', 'the table --rows fills', 'account')
    .option('--dir <folder>', 'keep the data in this folder between starts')
    .option('--tls', 'serve HTTPS from its own certificate authority, also as login.microsoftonline.com')
    .option('--json', 'print what was started as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (options: SandboxCommandOptions) => {
      const { port, host, rows, table, dir, tls } = options
      const sandbox = createSandbox({
        ...(rows === undefined ? {} : { rows, table }),
        ...(dir === undefined ? {} : { dir }),
      })
      const server = await sandbox.listen({ port, host, ...(tls === undefined ? {} : { tls }) })
      await print(io.stdout, options.json ? `${JSON.stringify(facts(server), null, 2)}\n` : welcome(server))
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
  readonly json?: boolean
}

function facts(server: ListeningSandbox) {
  const { origin, serviceUrl, authUri, tokenUri, connectionString } = server
  return {
    origin,
    serviceUrl,
    authUri,
    tokenUri,
    connectionString,
    apps: APPS.map(({ name, clientId, secrets }) => ({
      name,
      clientId,
      secrets: secrets.map(({ value, expired }) => ({ value, expired: expired ?? false })),
    })),
    users: USERS.map(({ upn, password, roles, trait }) => ({ upn, password, roles, trait })),
  }
}

function welcome(server: ListeningSandbox): string {
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

Applications (client id, secret):
${columns(apps)}
Users (name, password):
${columns(users)}
Try:  d365 test --connection "…the string above…"
      d365 read account --top 5 --connection "…"
What it was asked:  ${server.origin}/sandbox
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
`
