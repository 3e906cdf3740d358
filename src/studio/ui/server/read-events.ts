import type { Problem } from '../../server/problem.ts'
import { ProblemError } from './problem-error.ts'

/** The events of a stream that was asked for with POST, which the browser's own EventSource cannot do. */
export async function* readEvents<E>(response: Response): AsyncGenerator<E, void, undefined> {
  let rest = ''
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  try {
    for (;;) {
      const { value, done } = (await reader?.read()) ?? { value: undefined, done: true }
      if (done) throw new ProblemError(CUT)
      const blocks = `${rest}${value}`.split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        const [, event, text] = /^event: (\w+)\ndata: (.*)$/s.exec(block) ?? []
        if (event === 'end') return
        if (event === 'problem') throw new ProblemError(parse<Problem>(text))
        yield parse<E>(text)
      }
    }
  } finally {
    await reader?.cancel()
  }
}

/** The server's own words: their shape is that of the call's type. */
const parse = <T>(text = 'null'): T => JSON.parse(text)

const CUT: Problem = {
  code: 'NETWORK_FAILED',
  fault: 'service',
  message: 'The studio stopped in the middle of its answer.',
  hint: 'Look into the terminal where it runs, and start it again with d365 studio.',
}
