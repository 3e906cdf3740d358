import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { D365Error } from '../core/errors.ts'
import type { Io } from './io.ts'

/**
 * A secret on the command line without the secret on the command line (where `ps` and the shell history show it):
 * `-` reads standard input, `@FILE` a file, `env:NAME` a variable; anything else is the value itself.
 */
export const SECRET_ARGUMENT = 'value, `-` (standard input), `@FILE` or `env:NAME`'

export async function readSecretArgument(io: Io, option: string, argument: string): Promise<string> {
  const value = await resolve(io, option, argument)
  if (value === '')
    throw new D365Error('CONFIG_INVALID', `${option} is empty.`, { hint: `Give it as ${SECRET_ARGUMENT}.` })
  return value
}

async function resolve(io: Io, option: string, argument: string): Promise<string> {
  if (argument === '-') return oneLine(await text(io.stdin))
  if (argument.startsWith('@')) return oneLine(await readSecretFile(option, argument.slice(1)))
  if (!argument.startsWith('env:')) return argument
  const name = argument.slice('env:'.length)
  const value = io.env[name]
  if (value === undefined)
    throw new D365Error(
      'CONFIG_INVALID',
      `${option} names the environment variable ${name}, which is not set.`,
    )
  return value
}

async function readSecretFile(option: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new D365Error('IO_FAILED', `${option} names the file ${path}, which cannot be read.`, { cause })
  }
}

/** Files and pipes end in a line break that is not part of the secret. */
const oneLine = (content: string): string => content.replace(/^\uFEFF/, '').replace(/\r?\n$/, '')
