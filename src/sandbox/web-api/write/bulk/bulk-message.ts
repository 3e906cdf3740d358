/**
 * CreateMultiple, UpdateMultiple, UpsertMultiple and DeleteMultiple. On a standard table a message is one
 * transaction; on an elastic one each row stands alone, and the answer says which ones failed.
 */
import type { TableDefinition } from '../../../schema.ts'
import { unknownName } from '../../not-emulated.ts'
import type { ApiRequest, ApiResponse } from '../../operation.ts'
import { requireRow } from '../../query/index.ts'
import type { Resource } from '../../resource.ts'
import { messageAnswer, NO_CONTENT, sessionToken } from '../answers.ts'
import { createRow } from '../rows/create-row.ts'
import { deleteRow } from '../rows/delete-row.ts'
import { patchRow } from '../rows/patch-row.ts'
import { invalidArgument, notSupported, unknownSegment } from '../write-errors.ts'
import type { Writing } from '../writing.ts'
import { runEach } from './partial-success.ts'
import { keyText, readTargets, type Target } from './targets.ts'

interface BulkMessage {
  /** What the list as a whole has to obey; returns the rows to work on. */
  readonly prepare: (targets: readonly Target[]) => readonly Target[]
  /** Returns the primary key of the row. */
  readonly apply: (target: Target, table: TableDefinition, writing: Writing) => string
  readonly answersIds: boolean
}

const MESSAGES: ReadonlyMap<string, BulkMessage> = new Map<string, BulkMessage>([
  ['CreateMultiple', { prepare: (targets) => targets, apply: create, answersIds: true }],
  ['UpdateMultiple', { prepare: firstOfEach, apply: update, answersIds: false }],
  ['UpsertMultiple', { prepare: allDifferent, apply: upsert, answersIds: false }],
  ['DeleteMultiple', { prepare: (targets) => targets, apply: remove, answersIds: false }],
])

export function runBulkMessage(
  { table, name }: Extract<Resource, { kind: 'bound' }>,
  request: ApiRequest,
  writing: Writing,
): ApiResponse {
  if (request.method !== 'POST') throw notSupported()
  const message = MESSAGES.get(name)
  if (!message) throw unknownName(name)
  const elastic = table.kind === 'Elastic'
  if (!table.multiple || (name === 'DeleteMultiple' && !elastic))
    throw unknownSegment(`Microsoft.Dynamics.CRM.${name}`)
  const targets = message.prepare(readTargets(request, table, writing))
  const apply = (target: Target) => message.apply(target, table, writing)
  if (!elastic)
    return answer(name, message, { ids: writing.store.transaction(() => targets.map(apply)), writing })
  const { ids, refusal } = runEach(targets, apply, { request, writing })
  if (refusal) return refusal
  const response = answer(name, message, { ids, writing })
  return name === 'DeleteMultiple'
    ? response
    : { ...response, headers: { ...response.headers, 'x-ms-session-token': sessionToken(writing) } }
}

function answer(
  name: string,
  { answersIds }: BulkMessage,
  { ids, writing }: { readonly ids: readonly string[]; readonly writing: Writing },
): ApiResponse {
  return answersIds ? messageAnswer(name, { Ids: ids }, writing) : NO_CONTENT
}

/** Further items for the same row are left out in silence. */
function firstOfEach(targets: readonly Target[]): readonly Target[] {
  const seen = new Set<string>()
  return targets.filter((target) => {
    if (target.key?.by !== 'id')
      throw invalidArgument('UpdateMultiple needs the primary key of every row; alternate keys do not count.')
    const text = keyText(target) ?? ''
    if (seen.has(text)) return false
    seen.add(text)
    return true
  })
}

function allDifferent(targets: readonly Target[]): readonly Target[] {
  const keys = targets.map(keyText).filter((text) => text !== undefined)
  if (new Set(keys).size < keys.length)
    throw invalidArgument('UpsertMultiple was given two rows with the same key; every key may be there once.')
  return targets
}

function create({ body }: Target, table: TableDefinition, writing: Writing): string {
  return createRow({ table, body }, writing)
}

function update({ body, key }: Target, table: TableDefinition, writing: Writing): string {
  if (!key) throw invalidArgument(`A row of '${table.logicalName}' to update has no primary key.`)
  return patchRow({ table, key, body, conditions: { ifMatch: '*', onlyCreate: false } }, writing).id
}

function upsert({ body, key }: Target, table: TableDefinition, writing: Writing): string {
  if (!key) return createRow({ table, body }, writing)
  return patchRow({ table, key, body, conditions: { ifMatch: undefined, onlyCreate: false } }, writing).id
}

function remove({ key }: Target, table: TableDefinition, writing: Writing): string {
  if (key?.by !== 'id') throw invalidArgument(`A row of '${table.logicalName}' to delete has no primary key.`)
  deleteRow({ table, row: requireRow(table, key, writing) }, writing)
  return key.id
}
