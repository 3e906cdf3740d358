import type { Command } from 'commander'
import { type ConnectionOptions, withConnection, withConnectionOptions } from '../connection-options.ts'
import { type Io, print } from '../io.ts'
import { printFacts } from '../print-records.ts'

/** `d365 token`: what the access token says; the token itself only when it is asked for by name. */
export function tokenCommand(program: Command, io: Io): void {
  withConnectionOptions(program.command('token'))
    .description('Sign in and show what the access token says')
    .option('--reveal', 'print the access token itself, and nothing else')
    .addHelpText('after', EXAMPLES)
    .action((options: ConnectionOptions & { reveal?: boolean }) =>
      withConnection(io, options, async (connection) => {
        const token = await connection.token({ signal: io.signal })
        if (options.reveal) return print(io.stdout, `${token.value}\n`)
        const { facts } = token
        await printFacts(
          io,
          {
            Who: facts?.who,
            'Client id': facts?.clientId,
            Tenant: facts?.tenant,
            Audience: facts?.audience,
            Scopes: facts?.scopes.join(' ') || undefined,
            Expires: token.expiresAt === undefined ? undefined : new Date(token.expiresAt).toISOString(),
            Version: facts?.version,
          },
          options,
        )
      }),
    )
}

const EXAMPLES = `
Examples:
  $ d365 token
  $ curl -H "Authorization: Bearer $(d365 token --reveal)" https://contoso.crm.dynamics.com/api/data/v9.2/WhoAmI
`
