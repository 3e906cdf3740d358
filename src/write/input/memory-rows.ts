import type { InputRow } from './input-row.ts'

/** Rows of a program: plain objects by column name, from any iterable. */
export async function* memoryRows(
  rows: Iterable<Readonly<Record<string, unknown>>> | AsyncIterable<Readonly<Record<string, unknown>>>,
): AsyncGenerator<InputRow> {
  let line = 0
  for await (const values of rows) {
    line++
    yield { line, values }
  }
}
