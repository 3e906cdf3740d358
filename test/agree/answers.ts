import type { Query } from './queries.ts'

/** Rows as texts that are equal where the rows are. */
export function shownRows(
  rows: readonly (readonly unknown[])[],
  { ordered, folded }: Pick<Query, 'ordered' | 'folded'>,
): string[] {
  const texts = rows.map((row) => row.map((value) => shown(value, folded === true)).join('|'))
  return ordered ? texts : texts.sort()
}

function shown(value: unknown, folded: boolean): string {
  if (value === null) return '∅'
  if (Array.isArray(value)) return `[${value.map((item) => shown(item, folded)).join(',')}]`
  const text = String(value)
  if (/^-?\d+\.\d+$/.test(text)) return text.replace(/\.?0+$/, '').replace(/^-0$/, '0')
  const [, day, time] = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d+)?)(?:Z|\+00)?$/.exec(text) ?? []
  if (day !== undefined) return `${day} ${time}`
  return folded ? text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase() : text
}
