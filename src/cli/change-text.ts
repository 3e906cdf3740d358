import type { ChangeReport, PlannedRequests, RejectedRow } from '../connect.ts'
import { type Io, print } from './io.ts'

/** What a statement changed, in one line. */
export function changeText({
  kind,
  matched,
  created,
  updated,
  deleted,
  unchanged,
  rejected,
  dryRun,
}: ChangeReport): string {
  const counts = [
    `${matched} found`,
    ...(kind === 'insert' || kind === 'merge' ? [`${created} created`] : []),
    ...(kind === 'delete' ? [] : [`${updated} updated`]),
    ...(kind === 'delete' || kind === 'merge' ? [`${deleted} deleted`] : []),
    ...(dryRun || unchanged > 0 ? [`${unchanged} unchanged`] : []),
    `${rejected} rejected`,
  ]
  return `${dryRun ? 'Dry run: ' : ''}${counts.join(', ')}\n`
}

export async function rejected(io: Io, { message }: RejectedRow): Promise<void> {
  await print(io.stderr, `✖ ${message}\n`)
}

/** Requests as they would be sent: method and address, headers, body; those of one batch together. */
export function requestsText({ route, requests }: PlannedRequests): string {
  const each = requests.map(({ method, path, headers = {}, body }) =>
    [
      `${method} ${path}`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      ...(body === undefined ? [] : [String(body)]),
    ].join('\n'),
  )
  if (route !== 'batch') return each.map((request) => `${request}\n\n`).join('')
  const parts = each.map((request) => `${request.replace(/^/gm, '  ')}\n`)
  return `POST $batch: ${requests.length} ${requests.length === 1 ? 'request' : 'requests'}\n${parts.join('\n')}\n`
}
