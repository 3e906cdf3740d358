/** Actions on no table or on one row, one handler for each in a list; those that are not emulated say so. */
import { unknownName } from '../not-emulated.ts'
import type { ApiRequest, ApiResponse } from '../operation.ts'
import { requireRow } from '../query/index.ts'
import type { Resource } from '../resource.ts'
import { deleteFile } from './files/delete-file.ts'
import { downloadBlock, initializeDownload } from './files/download-messages.ts'
import { commitUpload, initializeUpload, uploadBlock } from './files/upload-messages.ts'
import { addMembers, removeMembers } from './links/team-members.ts'
import { type JsonObject, readObject } from './payload/request-body.ts'
import { closeIncident, loseOpportunity, winOpportunity } from './rows/close-rows.ts'
import { mergeRows } from './rows/merge-rows.ts'
import { addToQueue } from './rows/queue-items.ts'
import { notSupported } from './write-errors.ts'
import { idOf, type Writing } from './writing.ts'

type Action = (parameters: JsonObject, writing: Writing) => ApiResponse

export const ACTIONS: ReadonlyMap<string, Action> = new Map([
  ['Merge', mergeRows],
  ['WinOpportunity', winOpportunity],
  ['LoseOpportunity', loseOpportunity],
  ['CloseIncident', closeIncident],
  ['InitializeFileBlocksUpload', initializeUpload],
  ['UploadBlock', uploadBlock],
  ['CommitFileBlocksUpload', commitUpload],
  ['InitializeFileBlocksDownload', initializeDownload],
  ['DownloadBlock', downloadBlock],
  ['DeleteFile', deleteFile],
])

type RowAction = (parameters: JsonObject, id: string, writing: Writing) => ApiResponse

/** By table and name. */
export const ROW_ACTIONS: ReadonlyMap<string, RowAction> = new Map([
  ['queue.AddToQueue', addToQueue],
  ['team.AddMembersTeam', addMembers],
  ['team.RemoveMembersTeam', removeMembers],
])

export function runAction(
  { name, rest }: Extract<Resource, { kind: 'unbound' }>,
  request: ApiRequest,
  writing: Writing,
): ApiResponse {
  const action = rest === '' ? ACTIONS.get(name) : undefined
  if (!action) throw unknownName(name)
  if (request.method !== 'POST') throw notSupported()
  return action(readObject(request), writing)
}

/** `teams(…)/Microsoft.Dynamics.CRM.AddMembersTeam` */
export function runRowAction(
  { table, key, name }: Extract<Resource, { kind: 'bound' }>,
  request: ApiRequest,
  writing: Writing,
): ApiResponse {
  const action = ROW_ACTIONS.get(`${table.logicalName}.${name}`)
  if (!key || !action) throw unknownName(name)
  if (request.method !== 'POST') throw notSupported()
  const id = idOf(table, requireRow(table, key, writing))
  return action(readObject(request), id, writing)
}
