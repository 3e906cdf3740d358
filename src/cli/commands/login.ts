import type { Command } from 'commander'
import { browserGrant, deviceCodeGrant } from '../../connect.ts'
import { type ConnectionOptions, withConnection, withConnectionOptions } from '../connection-options.ts'
import { type Io, print } from '../io.ts'
import { openPage } from '../open-page.ts'

/** `d365 login`: a person signs in; the tokens are kept for the commands that follow. */
export function loginCommand(program: Command, io: Io): void {
  withConnectionOptions(program.command('login'))
    .description('Sign in as a person, in the browser or with a device code')
    .option('--device-code', 'sign in on another device')
    .option('--no-open', 'print the address instead of opening the browser')
    .option('--login-hint <upn>', 'the account to offer first')
    .addHelpText('after', EXAMPLES)
    .action((options: LoginOptions) =>
      withConnection(io, options, async (connection) => {
        const say = (text: string) => void print(io.stderr, `${text}\n`)
        if (options.deviceCode)
          await connection.signIn.signIn(
            (context) =>
              deviceCodeGrant(context, { onCode: ({ message }) => say(message), signal: io.signal }),
            io.signal,
          )
        else
          await connection.signIn.signIn(
            (context) =>
              browserGrant(context, {
                openBrowser: (url: string) => showPage(url, options.open, say),
                signal: io.signal,
                ...(options.loginHint === undefined ? {} : { loginHint: options.loginHint }),
              }),
            io.signal,
          )
        const who = await connection.identify({ signal: io.signal })
        const { user, userId, account, environment } = who
        await print(
          io.stdout,
          options.json
            ? `${JSON.stringify({ user, userId, account, environment })}\n`
            : `✔ Signed in as ${user ?? userId}${environment ? ` in ${environment}` : ''}.\n`,
        )
      }),
    )
}

interface LoginOptions extends ConnectionOptions {
  readonly deviceCode?: boolean
  readonly open: boolean
  readonly loginHint?: string
}

function showPage(url: string, open: boolean, say: (text: string) => void): void {
  say(`Sign in on this page:\n  ${url}`)
  if (open) openPage(url, () => say('The browser could not be opened; open the address yourself.'))
}

const EXAMPLES = `
Examples:
  $ d365 login
  $ d365 login --device-code          on a machine without a browser
  $ d365 login --no-open --system prod --credential me
`
