/** Who wrote a row and when. With impersonation the impersonated user is the author, the real one acted for them. */
import type { TableDefinition } from '../../../schema.ts'
import type { StoredRow } from '../../../store/store.ts'
import { has, momentNow, type Writing } from '../writing.ts'

/** `overriddencreatedon` backdates a migrated row: it becomes createdon, and the column keeps the real moment. */
export function creationStamps(table: TableDefinition, given: StoredRow, writing: Writing): StoredRow {
  const { userId } = writing.caller
  const backdated = given.overriddencreatedon
  return declared(table, {
    createdon: backdated ?? momentNow(writing),
    createdby: userId,
    createdonbehalfby: delegate(writing),
    ...(backdated === undefined ? {} : { overriddencreatedon: momentNow(writing) }),
    ...changeStamps(table, writing),
  })
}

export function changeStamps(table: TableDefinition, writing: Writing): StoredRow {
  return declared(table, {
    modifiedon: momentNow(writing),
    modifiedby: writing.caller.userId,
    modifiedonbehalfby: delegate(writing),
  })
}

function delegate({ caller }: Writing): string | undefined {
  return caller.actualUserId === caller.userId ? undefined : caller.actualUserId
}

function declared(table: TableDefinition, cells: StoredRow): StoredRow {
  return Object.fromEntries(Object.entries(cells).filter(([column]) => has(table, column)))
}
