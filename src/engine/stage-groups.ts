import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ConditionColumn } from '../odata/condition.ts'
import { printFilter } from '../odata/print-filter.ts'
import type { RemoteScan, ScanAggregate } from '../plan/plan.ts'
import type { AggregateResult } from '../plan/push-aggregate.ts'
import { identifier, literal } from './duck.ts'
import { halves, type Moments, momentsFilter } from './moments.ts'
import { boundsOf, isTooMany, part, partingColumn, readersOf } from './parting.ts'
import { remoteRequest } from './remote-request.ts'
import {
  emptySource,
  type PartReport,
  readPages,
  type ScanReport,
  type StageOptions,
  stageScan,
} from './stage.ts'

/** A scan that brings groups in place of rows. */
export interface GroupScan extends RemoteScan {
  readonly aggregate: ScanAggregate
}

export function isGroupScan(scan: RemoteScan): scan is GroupScan {
  return scan.aggregate !== undefined
}

/**
 * Groups of a scan into a local table of its name. Where more rows match than the service aggregates at once, they are
 * asked for by ranges of the moment rows were created; a group may then come several times, and the statement over the
 * table puts them together in any case. What cannot be parted any more is read row by row and aggregated here.
 */
export async function stageGroups(scan: GroupScan, options: StageOptions): Promise<ScanReport> {
  const started = performance.now()
  const staging = createStaging(scan, options)
  await staging.createTable()
  const parts: PartReport[] = []
  if ((await staging.ask(scan)) === undefined) parts.push(...(await askByParts(scan, staging, options)))
  return {
    id: scan.id,
    ...staging.cost(),
    ms: Math.round(performance.now() - started),
    keys: undefined,
    ...(parts.length === 0 ? {} : { parts }),
  }
}

type Staging = ReturnType<typeof createStaging>

async function askByParts(
  scan: GroupScan,
  staging: Staging,
  { remote }: StageOptions,
): Promise<readonly PartReport[]> {
  const column = partingColumn(scan.table, remote)
  if (column === undefined) return [{ filter: 'all rows', rows: await staging.readHere(scan), here: true }]
  const bounds = await staging.boundsOf(column)
  const whole: Moments = {}
  const waiting: Moments[] = ['never', ...((bounds && halves(whole, bounds)) ?? [whole])]
  const parts: PartReport[] = []
  while (waiting.length > 0) {
    const asked = waiting.splice(0, readersOf(remote))
    const answers = await Promise.allSettled(
      asked.map(async (range) => {
        const some = part(scan, range, column)
        return { range, some, rows: await staging.ask(some) }
      }),
    )
    for (const answer of answers) {
      if (answer.status === 'rejected') throw answer.reason
      const { range, some, rows } = answer.value
      const filter = printFilter(momentsFilter(range, column)) ?? ''
      const smaller = rows === undefined && bounds ? halves(range, bounds) : undefined
      if (smaller) waiting.push(...smaller)
      else if (rows !== undefined) parts.push({ filter, rows, here: false })
      else parts.push({ filter, rows: await staging.readHere(some), here: true })
    }
  }
  return parts
}

function createStaging(scan: GroupScan, options: StageOptions) {
  const { folder, local, remote, signal } = options
  const { columns } = remoteRequest(scan, remote)
  const table = identifier(scan.id)
  const names = columns.outputs
    .map(({ expression, name }) => `${expression} as ${identifier(name)}`)
    .join(', ')
  const cost = { requests: 0, pages: 0, bytes: 0, rows: 0 }
  let numbered = 0

  const insert = async (files: readonly string[]): Promise<number> => {
    const source = `read_json([${files.map(literal).join(', ')}], format = 'array', records = true, columns = {${columns.json}})`
    const inserted = await local.make(`insert into ${table} select ${names} from ${source}`, signal)
    await Promise.all(files.map((file) => rm(file, { force: true })))
    cost.rows += inserted
    return inserted
  }

  return {
    cost: () => cost,

    createTable: () =>
      local.run(`create temp table ${table} as select ${names} from ${emptySource(columns.json)}`, signal),

    boundsOf: (column: ConditionColumn) => {
      cost.requests += 2
      return boundsOf(scan, column, { remote, signal })
    },

    /** Number of groups; undefined where there are too many rows for the service, and nothing was taken. */
    ask: async (part: GroupScan): Promise<number | undefined> => {
      const files: string[] = []
      cost.requests++
      try {
        for await (const page of readPages(remote, remoteRequest(part, remote).request, signal)) {
          const file = join(folder, `${randomUUID()}.json`)
          await writeFile(file, page.rows)
          if (files.length > 0) cost.requests++
          files.push(file)
          cost.pages++
          cost.bytes += page.bytes
        }
      } catch (error) {
        if (isTooMany(error, remote)) return undefined
        throw error
      }
      return insert(files)
    },

    /** Reads the rows of a part and aggregates them as the service would have. Tells how many they were. */
    readHere: async (part: GroupScan): Promise<number> => {
      const { results } = part.aggregate
      const id = `${part.id}_rows${++numbered}`
      const needed = [...part.columns, ...results.flatMap(({ column }) => column?.name ?? [])]
      const { requests, pages, bytes, rows } = await stageScan(
        {
          ...part,
          id,
          aggregate: undefined,
          columns: [...new Set([...needed, part.table.primaryKey])],
        },
        { ...options, by: undefined },
      )
      const groups = part.columns.map(identifier)
      const targets = [...groups, ...results.map(({ name }) => identifier(name))]
      await local.run(
        `insert into ${table} (${targets.join(', ')}) select ${[...groups, ...results.map(computed)].join(', ')}
         from ${identifier(id)}${groups.length === 0 ? '' : ` group by ${groups.join(', ')}`}`,
        signal,
      )
      await local.run(`drop table ${identifier(id)}`, signal)
      cost.requests += requests
      cost.pages += pages
      cost.bytes += bytes
      cost.rows += rows
      return rows
    },
  }
}

function computed({ method, column }: AggregateResult): string {
  if (column === undefined) return 'count(*)'
  return `${method === 'countcolumn' ? 'count' : method}(${identifier(column.name)})`
}
