/** AddToQueue: an activity or a case gets an item in a queue, or its item is moved there. */
import type { OneToMany } from '../../../schema.ts'
import type { StoredRow } from '../../../store/store.ts'
import type { ApiResponse } from '../../operation.ts'
import { messageAnswer } from '../answers.ts'
import { entityParameter } from '../entity-parameter.ts'
import { pointedCells } from '../links/lookup-cells.ts'
import type { Reference } from '../links/reference.ts'
import { isObject, type JsonObject } from '../payload/request-body.ts'
import { invalidArgument } from '../write-errors.ts'
import { idOf, momentNow, type Writing } from '../writing.ts'
import { createRow } from './create-row.ts'
import { changeRow } from './update-row.ts'

export function addToQueue(parameters: JsonObject, queueId: string, writing: Writing): ApiResponse {
  const target = entityParameter(parameters, 'Target', writing)
  const toTarget = lookupOf('objectid', target.table.logicalName, writing)
  if (!toTarget) throw invalidArgument(`Rows of '${target.table.logicalName}' cannot be put into a queue.`)
  const items = writing.store.table('queueitem')
  const item = items
    .rowsByLookup('objectid', idOf(target.table, target.row))
    .find(({ statecode }) => statecode === 0)
  demandSource(parameters, item)
  const id = item
    ? moveItem({ table: items.definition, row: item }, queueId, writing)
    : createItem({ target, toTarget, queueId, properties: parameters.QueueItemProperties }, writing)
  return messageAnswer('AddToQueue', { QueueItemId: id }, writing)
}

/** `SourceQueue`, where it is given, is where the item has to be before. */
function demandSource({ SourceQueue: queue }: JsonObject, item: StoredRow | undefined): void {
  if (!isObject(queue) || queue.queueid === item?.queueid) return
  throw invalidArgument("The target is not in the queue that 'SourceQueue' names.")
}

function moveItem(item: Reference, queueId: string, writing: Writing): string {
  writing.demand('Write', 'queueitem')
  const relationship = lookupOf('queueid', 'queue', writing)
  const cells = relationship ? pointedCells(relationship, queueId, writing) : {}
  changeRow(item, { ...cells, enteredon: momentNow(writing) }, writing)
  return idOf(item.table, item.row)
}

interface NewItem {
  readonly target: Reference
  readonly toTarget: OneToMany
  readonly queueId: string
  readonly properties: JsonObject[string] | undefined
}

function createItem({ target, toTarget, queueId, properties }: NewItem, writing: Writing): string {
  const { table, row } = target
  const body = {
    title: String(row[table.primaryName ?? ''] ?? ''),
    ...(isObject(properties) ? withoutPlace(properties) : {}),
    [`${toTarget.lookupNavigation}@odata.bind`]: `/${table.entitySetName}(${idOf(table, row)})`,
    'queueid@odata.bind': `/queues(${queueId})`,
  }
  const items = writing.store.table('queueitem').definition
  return createRow({ table: items, body, preset: { enteredon: momentNow(writing) } }, writing)
}

/** The queue and the target come from the call, not from the properties. */
function withoutPlace(properties: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !/^(objectid|queueid)/i.test(name)))
}

function lookupOf(column: string, target: string, { store }: Writing): OneToMany | undefined {
  return store.schema
    .lookups('queueitem')
    .find(
      ({ referencingColumn, referencedTable }) => referencingColumn === column && referencedTable === target,
    )
}
