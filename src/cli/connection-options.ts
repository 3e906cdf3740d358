import type { Command } from 'commander'
import { type Connection, connect } from '../connect.ts'
import { D365Error } from '../core/errors.ts'
import { lineLog, silentLog } from '../core/log.ts'
import type { Io } from './io.ts'

/** The options every command that talks to an environment takes, and the connection they mean. */
export interface ConnectionOptions {
  readonly system?: string
  readonly credential?: string
  readonly connection?: string
  readonly json?: boolean
  readonly log?: string
}

export function withConnectionOptions(command: Command): Command {
  return withCommonOptions(
    command
      .option('--system <name>', 'external system to use (default: the one marked as default)')
      .option('--credential <name>', 'credential of that system to use')
      .option('--connection <string>', 'connection string, instead of a saved system'),
  )
}

export function withCommonOptions(command: Command): Command {
  return command
    .option('--json', 'machine-readable output')
    .option('--log <level>', 'write what happens to standard error: error, warn, info or debug')
}

/** Opens the connection, hands it to `work`, and closes it whatever happens. */
export async function withConnection<T>(
  io: Io,
  options: ConnectionOptions,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  await using connection = await connect({
    ...(options.system === undefined ? {} : { system: options.system }),
    ...(options.credential === undefined ? {} : { credential: options.credential }),
    ...(options.connection === undefined ? {} : { connectionString: options.connection }),
    env: io.env,
    log: chooseLog(io, options.log),
    onNote: (note) => io.stderr.write(`! ${note}\n`),
  })
  return await work(connection)
}

export function chooseLog(io: Io, level: string | undefined) {
  if (level === undefined) return silentLog
  if (level === 'error' || level === 'warn' || level === 'info' || level === 'debug')
    return lineLog(level, (line) => io.stderr.write(`${line}\n`))
  throw new D365Error('CONFIG_INVALID', `--log is ${level}; it must be error, warn, info or debug.`)
}
