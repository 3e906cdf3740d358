import type { ChangeReport, RejectedRow } from '../connect.ts'
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
    ...(kind === 'insert' ? [`${created} created`] : []),
    ...(kind === 'delete' ? [`${deleted} deleted`] : [`${updated} updated`]),
    ...(dryRun ? [`${unchanged} unchanged`] : []),
    `${rejected} rejected`,
  ]
  return `${dryRun ? 'Dry run: ' : ''}${counts.join(', ')}\n`
}

export async function rejected(io: Io, { message }: RejectedRow): Promise<void> {
  await print(io.stderr, `✖ ${message}\n`)
}
