import type { Command } from 'commander'
import { type ConnectionOptions, withConnection, withConnectionOptions } from '../connection-options.ts'
import { type Io, print } from '../io.ts'
import { printFacts } from '../print-records.ts'

/** `d365 test`: signs in and says who we are, where, and what is left of the limits. */
export function testCommand(program: Command, io: Io): void {
  withConnectionOptions(program.command('test'))
    .description('Test the connection: sign in, and show user, roles, environment and limits')
    .addHelpText('after', EXAMPLES)
    .action((options: ConnectionOptions) =>
      withConnection(io, options, async (connection) => {
        const started = Date.now()
        const who = await connection.identify({ signal: io.signal })
        const { remainingRequests, remainingExecutionMs, recommendedParallelism } = who.limits
        if (!options.json) await print(io.stdout, '✔ Connection works.\n\n')
        await printFacts(
          io,
          {
            Service: connection.serviceUrl,
            Environment: who.environment,
            Version: who.version,
            User: who.user,
            Account: who.account,
            'User id': who.userId,
            Roles: who.roles.join(', ') || undefined,
            'Requests left': remainingRequests,
            'Execution time left':
              remainingExecutionMs === undefined ? undefined : `${Math.round(remainingExecutionMs / 1000)} s`,
            'Recommended parallelism': recommendedParallelism,
            'Answered in': `${Date.now() - started} ms`,
          },
          options,
        )
      }),
    )
}

const EXAMPLES = `
Examples:
  $ d365 test
  $ d365 test --system prod --credential robot --json
  $ d365 test --connection "ServiceURL=https://contoso.crm.dynamics.com;ClientID=…;ClientSecret={…}"

When it fails, d365 doctor finds the link of the chain that is broken.
`
