import type { Command } from 'commander'
import type { DoctorStep } from '../../connect.ts'
import { D365Error, type ErrorCode } from '../../core/errors.ts'
import { type ConnectionOptions, withConnection, withConnectionOptions } from '../connection-options.ts'
import { type Io, print } from '../io.ts'

/** `d365 doctor`: the chain from the settings to a table, link by link, as it is walked. */
export function doctorCommand(program: Command, io: Io): void {
  withConnectionOptions(program.command('doctor'))
    .description('Find out why a connection does not work, and where to fix it')
    .option('--table <table>', 'table whose read privilege is checked')
    .addHelpText('after', EXAMPLES)
    .action((options: ConnectionOptions & { table?: string }) =>
      withConnection(io, options, async (connection) => {
        const steps: DoctorStep[] = []
        for await (const step of connection.diagnose({
          ...(options.table === undefined ? {} : { table: options.table }),
          signal: io.signal,
        })) {
          steps.push(step)
          if (!options.json) await print(io.stdout, stepText(step))
        }
        if (options.json) await print(io.stdout, `${JSON.stringify(steps, null, 2)}\n`)
        const broken = steps.find(({ status }) => status === 'failed')
        if (broken) throw new DoctorFoundError(broken)
        if (!options.json) await print(io.stdout, '\nEverything works.\n')
      }),
    )
}

/** The chain is broken: the report is printed already, the exit code remains to be said. */
class DoctorFoundError extends D365Error {
  constructor({ title, name }: DoctorStep) {
    super(CODES[name], `${title}: this is where it stops.`)
  }
}

/** What a failure of each step is to a script. */
const CODES: Readonly<Record<DoctorStep['name'], ErrorCode>> = {
  settings: 'CONFIG_INVALID',
  dns: 'NETWORK_FAILED',
  connection: 'NETWORK_FAILED',
  tls: 'NETWORK_FAILED',
  service: 'RESPONSE_INVALID',
  tenant: 'SIGN_IN_FAILED',
  'sign-in': 'SIGN_IN_FAILED',
  audience: 'UNAUTHORIZED',
  member: 'FORBIDDEN',
  role: 'FORBIDDEN',
  table: 'FORBIDDEN',
}

const MARKS = { ok: '✔', warning: '!', failed: '✖', skipped: '·' } as const

function stepText({ title, status, detail, hint, code, requestId }: DoctorStep): string {
  const ids = [code, requestId && `request ${requestId}`].filter((id) => id !== undefined && id !== '')
  return [
    `${MARKS[status]} ${title}: ${detail}`,
    ...(hint === undefined ? [] : [`  → ${hint}`]),
    ...(ids.length === 0 ? [] : [`  [${ids.join(' · ')}]`]),
    '',
  ].join('\n')
}

const EXAMPLES = `
Examples:
  $ d365 doctor
  $ d365 doctor --table opportunity
  $ d365 doctor --connection "ServiceURL=https://contoso.crm.dynamics.com;ClientID=…;ClientSecret={…}"
`
