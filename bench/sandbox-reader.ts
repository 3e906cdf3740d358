import { drain } from './sandbox-drain.ts'

/** One sample in a process of its own. Arguments: first page, token. Prints time, pages and bytes. */

const [first = '', token = ''] = process.argv.slice(2)

const started = performance.now()
const drained = await drain(first, token)
process.stdout.write(JSON.stringify({ ms: performance.now() - started, ...drained }))
