import type { Event, Input, Output } from '../../server/call.ts'

/** What is to be written, where and how: the same for looking, checking and writing. */
export type Writing = Input<'write.start'>
export type Source = Writing['source']
export type Mode = Writing['mode']
export type Job = Output<'write.start'>
export type Looked = Output<'write.look'>
export type CheckDone = Extract<Event<'write.check'>, { kind: 'done' }>

export const MODES: readonly (readonly [Mode, string])[] = [
  ['insert', 'Insert: make new rows'],
  ['update', 'Update: change rows that exist'],
  ['upsert', 'Upsert: change rows that exist, make the others'],
  ['delete', 'Delete rows'],
]

export const UPLOAD_TYPES: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  tsv: 'text/csv',
  ndjson: 'application/x-ndjson',
  jsonl: 'application/x-ndjson',
  parquet: 'application/vnd.apache.parquet',
}
