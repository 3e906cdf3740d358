/** AddMembersTeam and RemoveMembersTeam: users by their `ownerid`, as the service names them in collections. */
import { parseGuid } from '../../../../core/guid.ts'
import type { TableDefinition } from '../../../schema.ts'
import type { ApiResponse } from '../../operation.ts'
import { NO_CONTENT } from '../answers.ts'
import { isList, isObject, type JsonObject } from '../payload/request-body.ts'
import { newRowId } from '../rows/row-id.ts'
import { missingRow, payloadError } from '../write-errors.ts'
import { idOf, type Writing } from '../writing.ts'

export function addMembers(parameters: JsonObject, teamId: string, writing: Writing): ApiResponse {
  writing.demand('Write', 'team')
  const members = writing.store.table('teammembership')
  for (const systemuserid of memberIds(parameters, writing)) {
    if (members.rowsByLookup('teamid', teamId).some((row) => row.systemuserid === systemuserid)) continue
    members.insert({
      [members.definition.primaryKey]: newRowId(writing.now),
      teamid: teamId,
      systemuserid,
    })
  }
  return NO_CONTENT
}

export function removeMembers(parameters: JsonObject, teamId: string, writing: Writing): ApiResponse {
  writing.demand('Write', 'team')
  const members = writing.store.table('teammembership')
  const gone = new Set<unknown>(memberIds(parameters, writing))
  for (const row of members.rowsByLookup('teamid', teamId))
    if (gone.has(row.systemuserid)) members.delete(idOf(members.definition, row))
  return NO_CONTENT
}

function memberIds({ Members: list }: JsonObject, { store }: Writing): readonly string[] {
  if (!isList(list)) throw payloadError("The parameter 'Members' must be a list of users.")
  const users: TableDefinition = store.table('systemuser').definition
  return list.map((member) => {
    const text = isObject(member) ? (member.ownerid ?? member.systemuserid) : undefined
    const id = typeof text === 'string' ? parseGuid(text) : undefined
    if (id === undefined) throw payloadError("A row of 'Members' does not name a user by its 'ownerid'.")
    if (!store.table('systemuser').get(id)) throw missingRow(users, id)
    return id
  })
}
