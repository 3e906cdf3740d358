interface Counts {
  readonly created: number
  readonly updated: number
  readonly deleted: number
  readonly unchanged: number
  readonly rejected: number
  readonly inDoubt?: number
}

/** `3 created, 1 rejected`. */
export function outcomeText({ created, updated, deleted, unchanged, rejected, inDoubt = 0 }: Counts): string {
  const counts = [
    [created, 'created'],
    [updated, 'updated'],
    [deleted, 'deleted'],
    [unchanged, 'unchanged'],
    [rejected, 'rejected'],
    [inDoubt, 'in doubt'],
  ] as const
  const parts = counts.flatMap(([count, what]) =>
    count > 0 ? [`${count.toLocaleString('en')} ${what}`] : [],
  )
  return parts.length === 0 ? 'no rows' : parts.join(', ')
}
