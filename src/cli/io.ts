/** The outside of one command: streams, environment and terminal, as an argument so that tests can play user. */
export interface Io {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
  readonly env: Readonly<Record<string, string | undefined>>
  /** Is a person looking? Decides about progress bars, colours and questions. */
  readonly interactive: boolean
  /** Columns of the terminal; Infinity where output goes to a file or pipe. */
  readonly columns: number
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal
}

/** The real terminal of this process. Ctrl-C aborts the signal once; a second one ends the process. */
export function processIo(): Io {
  const controller = new AbortController()
  process.once('SIGINT', () => {
    controller.abort(new DOMException('Interrupted by Ctrl-C.', 'AbortError'))
    process.once('SIGINT', () => process.exit(130))
  })
  process.once('SIGTERM', () => controller.abort(new DOMException('Terminated.', 'AbortError')))
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // `d365 read … | head` closes the pipe: that is no error of ours.
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    interactive: Boolean(process.stderr.isTTY) && !process.env.CI,
    columns: process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY,
    signal: controller.signal,
  }
}

/** Writes and waits until the stream has taken it, so that a slow reader slows us and memory stays flat. */
export function print(stream: NodeJS.WritableStream, text: string): Promise<void> {
  if (text === '') return Promise.resolve()
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()))
  })
}
