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
