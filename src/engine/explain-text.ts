import type { Parting } from './read-parts.ts'
import type { QueryResult } from './run-query.ts'
import type { PlannedChange, PlannedRequest, PlannedWrite, SqlPlan } from './sql-plan.ts'
import type { PartReport } from './stage.ts'

/** What a plan cost, where it ran. */
export type Measured = Pick<QueryResult, 'scans' | 'finished'>

/**
 * A plan as people read it, a tree: what is written; below it the SQL that is done here; below that each request, with
 * what could not be sent along and the rule that says why.
 */
export function explainText(
  { requests, localSql, local, change }: SqlPlan,
  measured?: Measured,
): readonly string[] {
  const nodes = requests.map((request) => requestNode(request, measured))
  const finished = measured?.finished
  const here: Node = {
    title: requests.length === 0 ? 'Here' : 'Here, over what the requests bring',
    lines: [
      localSql,
      ...local.map((reason) => `stays here: ${reason}`),
      ...(finished ? [`${counted(finished.rows, 'row')}, ${finished.ms} ms`] : []),
    ],
    below: nodes,
  }
  return nodeLines(change ? changeNode(change, here) : here)
}

interface Node {
  readonly title: string
  readonly lines: readonly string[]
  readonly below: readonly Node[]
}

function nodeLines({ title, lines, below }: Node): string[] {
  const bar = below.length > 0 ? '│' : ' '
  return [
    title,
    ...lines.map((line) => `${bar}   ${line}`),
    ...below.flatMap((node, index) => {
      const last = index === below.length - 1
      return nodeLines(node).map(
        (line, at) => `${at === 0 ? (last ? '└─ ' : '├─ ') : last ? '   ' : '│  '}${line}`,
      )
    }),
  ]
}

function requestNode(planned: PlannedRequest, measured: Measured | undefined): Node {
  const { id, table, system, request, links, top, by, local } = planned
  const report = measured?.scans.find((scan) => scan.id === id)
  const named = `${system === undefined ? '' : `${system}.`}${table}`
  return {
    title: `${id}: ${named}${top === undefined ? '' : `, at most ${counted(top, 'row')}`}`,
    lines: [
      ...requestLines(request),
      ...links.map((link) => `brings ${link.id} (${link.table}) too`),
      ...(by ? [`by ${by.column}, where ${by.source} brings few values of ${by.sourceColumn}`] : []),
      ...local.map((reason) => `stays here: ${reason}`),
      ...(report
        ? [
            `${counted(report.requests, 'request')}, ${counted(report.pages, 'page')}, ${counted(report.bytes, 'byte')}, ${counted(report.rows, 'row')}, ${report.ms} ms${report.keys === undefined ? '' : `; asked for by ${counted(report.keys, 'value')}`}`,
            ...(report.parted ? [partedLine(report.parted)] : []),
            ...partLines(report.parts ?? []),
          ]
        : []),
    ],
    below: [],
  }
}

/** The URL as it reads before it is encoded; FetchXML on a line of its own. */
function requestLines(request: string): readonly string[] {
  if (request === 'metadata') return ['from the metadata of the environment']
  const [path = '', fetchXml] = request.split(/[?&]fetchXml=/)
  if (fetchXml === undefined) return [`GET ${decodeURIComponent(request)}`]
  return [`GET ${path}?fetchXml=`, `  ${decodeURIComponent(fetchXml)}`]
}

function partedLine({ readers, parts, by }: Parting): string {
  return `read by ${counted(readers, 'reader')}, in ${counted(parts, 'part')} of ${by}`
}

/** More parts than this are only counted. */
const PARTS_SHOWN = 20

function partLines(parts: readonly PartReport[]): readonly string[] {
  if (parts.length === 0) return []
  const more = parts.length - PARTS_SHOWN
  return [
    `more rows than the service aggregates at once; asked in ${counted(parts.length, 'part')}:`,
    ...[...parts]
      .sort((a, b) => Number(b.here) - Number(a.here))
      .slice(0, PARTS_SHOWN)
      .map(({ filter, rows, here }) =>
        here
          ? `  ${filter}: ${counted(rows, 'row')} read and aggregated here`
          : `  ${filter}: ${counted(rows, 'group')}`,
      ),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ]
}

function changeNode({ kind, writes }: PlannedChange, here: Node): Node {
  const [only, more] = writes
  if (only && !more) return { ...writeNode(only), below: [here] }
  return { title: `${kind}: each row in its own way`, lines: [], below: [...writes.map(writeNode), here] }
}

function writeNode({ mode, request, columns, key, skipExisting }: PlannedWrite): Node {
  const set = mode === 'insert' || mode === 'upsert' ? columns : columns.slice(1)
  return {
    title: `${mode}: each row by ${request}, in batches`,
    lines: [
      ...(set.length === 0 ? [] : [`writes ${set.join(', ')}`]),
      ...(skipExisting && key ? [`leaves rows alone whose ${key.join(' + ')} exists`] : []),
    ],
    below: [],
  }
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`
}
