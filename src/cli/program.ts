import { readFileSync } from 'node:fs'
import tab from '@bomb.sh/tab/commander'
import { Command, CommanderError } from 'commander'
import { credentialCommand } from './commands/credential.ts'
import { demoCommand } from './commands/demo.ts'
import { describeCommand } from './commands/describe.ts'
import { doctorCommand } from './commands/doctor.ts'
import { loadCommand } from './commands/load.ts'
import { loginCommand } from './commands/login.ts'
import { readCommand } from './commands/read.ts'
import { runsCommand } from './commands/runs.ts'
import { sandboxCommand } from './commands/sandbox.ts'
import { sqlCommand } from './commands/sql.ts'
import { setupCommand, studioCommand } from './commands/studio.ts'
import { systemCommand } from './commands/system.ts'
import { tablesCommand } from './commands/tables.ts'
import { testCommand } from './commands/test.ts'
import { tokenCommand } from './commands/token.ts'
import { writeCommand } from './commands/write.ts'
import type { Io } from './io.ts'
import { reportError } from './report-error.ts'

/** Exit code for words on the command line that no command knows. */
const USAGE_EXIT_CODE = 2

/** Runs one command line; the exit code. Never throws. */
export async function runCommandLine(args: readonly string[], io: Io): Promise<number> {
  try {
    await createProgram(io, { json: args.includes('--json') }).parseAsync([...args], { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_EXIT_CODE
    const { text, exitCode } = reportError(error, { json: args.includes('--json') })
    io.stderr.write(text)
    return exitCode
  }
}

/** What was wrong with the words of a command line, for machines. */
function usageError(text: string): string {
  const message = text.trim().replace(/^error: /, '')
  return `${JSON.stringify({ error: { code: 'CONFIG_INVALID', message } })}\n`
}

function createProgram(io: Io, { json }: { readonly json: boolean }): Command {
  const program = new Command('d365')
    .description('Microsoft Dynamics 365 from outside: sign in, read, write.')
    .version(packageVersion())
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: (text, write) => write(json ? usageError(text) : text),
    })
    .exitOverride()
    .showHelpAfterError(json ? false : '(d365 --help lists the commands; d365 COMMAND --help its options)')
    .addHelpText('after', EXAMPLES)
  for (const add of [
    demoCommand,
    studioCommand,
    setupCommand,
    sandboxCommand,
    systemCommand,
    credentialCommand,
    loginCommand,
    tokenCommand,
    testCommand,
    doctorCommand,
    tablesCommand,
    describeCommand,
    readCommand,
    writeCommand,
    loadCommand,
    runsCommand,
    sqlCommand,
  ])
    add(program, io)
  tab(program, { completionCommandName: 'completion' })
  return program
}

function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return typeof manifest === 'object' && manifest && 'version' in manifest ? String(manifest.version) : ''
}

const EXAMPLES = `
Start here:
  $ d365 demo                                    the whole story on a sandbox, in seconds
  $ d365 setup                                   connect in the browser, step by step
  $ d365 system add prod --service-url https://contoso.crm.dynamics.com
  $ d365 credential add robot --system prod --client-id … --client-secret -
  $ d365 doctor                                  what is wrong, and where to click
  $ d365 read account --select name,revenue --top 10
  $ d365 sql "select statuscodename, count(*) from account group by 1"
  $ d365 write contact --mode upsert --key emailaddress1 --from contacts.csv --dry-run
`
