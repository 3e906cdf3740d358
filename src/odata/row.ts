/**
 * One row as d365 hands it out: plain data by column name.
 * integer, double, choice: number · bigint: bigint · decimal, money: string of exact digits · choices: number[] ·
 * boolean: boolean · date: `2024-02-29` · datetime: `2023-04-07T21:59:01Z` · guid, lookup: lower-case string ·
 * expanded related rows: an object or a list of objects as the service sent them · everything else: string.
 * Null where there is no value.
 */
export type Value = string | number | bigint | boolean | readonly number[] | Nested | readonly Nested[] | null
export type Row = Readonly<Record<string, Value>>

/** A related row of an expand, without annotations. Numbers of more than 15 digits are text, all others numbers. */
export interface Nested {
  readonly [name: string]: unknown
}
