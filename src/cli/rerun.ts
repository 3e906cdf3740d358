import { type Connection, findRun } from '../connect.ts'
import { D365Error } from '../core/errors.ts'

/** What a journal keeps of a command line, so that `d365 runs resume` can run it again. Never a connection string. */
export interface Rerun {
  readonly command: 'write' | 'load'
  readonly args: readonly string[]
  readonly options: Readonly<Record<string, unknown>>
}

export function rerunNote(
  command: Rerun['command'],
  args: readonly string[],
  options: object,
): Readonly<Record<string, unknown>> {
  const kept = Object.entries(options).filter(([name]) => !NOT_KEPT.includes(name))
  return { command, args, options: Object.fromEntries(kept) }
}

/** Secrets, and what is about the screen. */
const NOT_KEPT: readonly string[] = ['connection', 'json', 'log', 'resume']

export function readRerun(note: Readonly<Record<string, unknown>> | undefined): Rerun | undefined {
  if (!note) return undefined
  const { command, args, options } = note
  if ((command !== 'write' && command !== 'load') || !Array.isArray(args)) return undefined
  if (typeof options !== 'object' || options === null) return undefined
  return { command, args: args.map(String), options: { ...options } }
}

/** The words of the command line that it came from. */
export function rerunWords({ command, args, options }: Rerun): readonly string[] {
  const words = Object.entries(options).flatMap(([name, value]) => {
    const option = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    if (value === true) return [option]
    if (value === false || value === undefined || value === null) return []
    return Array.isArray(value) ? [option, ...value.map(String)] : [option, String(value)]
  })
  return [command, ...args, ...words]
}

/** Refuses to begin anew, or with another table, where a certain run was to be gone on with. */
export async function checkResumed(
  { journalFolder }: Connection,
  { table, resume }: { readonly table?: string; readonly resume?: string | false | undefined },
): Promise<void> {
  if (typeof resume !== 'string') return
  const run = await findRun(journalFolder, resume)
  const refused =
    run.state !== 'open'
      ? `is ${run.state}; there is nothing to resume`
      : table !== undefined && !run.tables.includes(table)
        ? `writes ${run.tables.join(', ')}, not ${table}`
        : undefined
  if (refused !== undefined)
    throw new D365Error('CONFLICT', `The run ${run.id} ${refused}.`, {
      hint: 'd365 runs list --open shows those that are unfinished. Nothing was written.',
    })
}
