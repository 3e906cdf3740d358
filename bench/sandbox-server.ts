import { createSandbox } from '../src/sandbox/index.ts'

/**
 * The sandbox in a process of its own; argument: rows of accounts. Prints one line when it serves, and its memory
 * for every line it is sent. Ends with its parent.
 */

const rows = Number(process.argv[2])

const server = await createSandbox({ rows }).listen()
print({ origin: server.origin, tokenUri: server.tokenUri })
process.stdin.on('data', () => print({ peakMb: process.resourceUsage().maxRSS / 1024 }))
process.stdin.on('end', () => process.exit(0))

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
