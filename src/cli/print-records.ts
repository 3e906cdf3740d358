import { type Io, print } from './io.ts'
import { rowPrinter } from './row-format.ts'

/** A short list of records: a table for people, one JSON array for machines. */
export async function printRecords(
  io: Io,
  records: readonly Readonly<Record<string, unknown>>[],
  { json = false, empty = 'Nothing found.' }: { readonly json?: boolean; readonly empty?: string } = {},
): Promise<void> {
  if (json) return print(io.stdout, `${JSON.stringify(records, null, 2)}\n`)
  const [first] = records
  if (!first) return print(io.stdout, `${empty}\n`)
  const printer = rowPrinter(
    'table',
    Object.keys(first).map((name) => ({ name, exactNumber: false })),
    io.columns,
  )
  await print(io.stdout, printer.start() + printer.rows(records) + printer.end())
}

/** One record: a list of facts for people, one JSON object for machines. Undefined facts are left out. */
export async function printFacts(
  io: Io,
  facts: Readonly<Record<string, string | number | boolean | undefined>>,
  { json = false }: { readonly json?: boolean } = {},
): Promise<void> {
  if (json) return print(io.stdout, `${JSON.stringify(facts, null, 2)}\n`)
  const known = Object.entries(facts).filter(([, value]) => value !== undefined)
  const width = Math.max(0, ...known.map(([name]) => name.length))
  await print(io.stdout, known.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join(''))
}
