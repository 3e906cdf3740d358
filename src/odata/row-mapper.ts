import type { Nested, Row, Value } from './row.ts'

/** Turns rows of the wire into rows by column name, for one shape of row decided beforehand. */
export interface MappedColumn {
  /** Name in the row that is handed out. */
  readonly name: string
  /** Property on the wire, annotation names included. */
  readonly property: string
  readonly read: Reading
}

/**
 * `as-is`: as JSON has it · `bigint`: digits to BigInt · `choices`: `"2,3"` to numbers · `nested`: related rows
 * without annotations · a map: the label of a choice's number, or those of several with `; ` between them.
 */
export type Reading = 'as-is' | 'bigint' | 'choices' | 'nested' | ReadonlyMap<number, string>

type WireRow = Readonly<Record<string, unknown>>

export function rowMapper(columns: readonly MappedColumn[]): (row: WireRow) => Row {
  const names = columns.map(({ name }) => name)
  const properties = columns.map(({ property }) => property)
  const readers = columns.map(({ read }) => readerOf(read))
  const plain = readers.every((reader) => reader === undefined)
  const count = columns.length
  return (row) => {
    const out: Record<string, Value> = {}
    for (let index = 0; index < count; index++) {
      const value = row[properties[index] ?? '']
      const reader = plain ? undefined : readers[index]
      out[names[index] ?? ''] = reader ? reader(value) : scalar(value)
    }
    return out
  }
}

function readerOf(read: Reading): ((value: unknown) => Value) | undefined {
  if (read === 'as-is') return undefined
  if (read === 'bigint') return (value) => (typeof value === 'string' ? BigInt(value) : scalar(value))
  if (read === 'choices') return readChoices
  if (read === 'nested') return readNested
  return (value) =>
    typeof value === 'number' || typeof value === 'boolean' ? (read.get(Number(value)) ?? null) : null
}

/** Absent means NULL: FetchXML answers leave NULLs out. */
function scalar(value: unknown): Value {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return value
    case 'object':
      return value === null ? null : readNested(value)
    default:
      return null
  }
}

function readChoices(value: unknown): Value {
  if (typeof value !== 'string' || value === '') return null
  return value.split(',').map(Number)
}

function readNested(value: unknown): Value {
  if (Array.isArray(value)) return value.map(withoutAnnotations)
  return typeof value === 'object' && value !== null ? withoutAnnotations(value) : null
}

function withoutAnnotations(row: object): Nested {
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) => {
      if (name.includes('@')) return []
      return [[name, typeof value === 'object' && value !== null ? readNested(value) : value]]
    }),
  )
}
