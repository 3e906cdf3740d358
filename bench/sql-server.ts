import { createSandbox } from '../src/sandbox/index.ts'
import { bulkRows } from '../src/sandbox/seed/bulk.ts'

/**
 * A sandbox of as many accounts as the argument says and as many contacts, each of another account, in a process of its
 * own; every answer takes `latencyMs` longer, and so many requests at a time are recommended. Prints its connection string
 * when it serves, and ends with its parent.
 */

const [rows = 0, latencyMs = 0, dopHint = 10] = process.argv.slice(2).map(Number)
const { sandbox, connectionString } = await createSandbox({
  rows,
  limits: { requests: 10_000_000, executionMs: 1e12, dopHint },
}).listen({ port: 0 })
const { store } = sandbox
const accounts = store.table('account').rowsByKey()
const contacts = store.table('contact')
let number = 0
for (const row of bulkRows(contacts.definition, { rows, seed: 7, now: Date.UTC(2026, 0, 15) })) {
  // Every seventh account after the other, so that the two tables are in different orders.
  const account = accounts[(number++ * 7) % accounts.length]
  contacts.insert({
    ...row,
    parentcustomerid: String(account?.accountid),
    'parentcustomerid@table': 'account',
  })
}
if (latencyMs > 0) sandbox.faults.add({ path: '/api/data/*', fault: { kind: 'latency', ms: latencyMs } })
process.stdout.write(`${JSON.stringify({ connectionString })}\n`)
process.stdin.resume().on('end', () => process.exit(0))
