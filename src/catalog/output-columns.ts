import type { Capabilities } from '../capabilities/capabilities.ts'
import type { FetchQuery } from '../odata/fetch-xml.ts'
import type { MappedColumn, Reading } from '../odata/row-mapper.ts'
import type { Column, ColumnType, Table } from './table.ts'

/** The columns of a result: what each is called, its type, and where on the wire it stands. */
export interface OutputColumn extends MappedColumn {
  readonly label: string
  readonly type: ColumnType
}

export interface LabelOptions {
  readonly labels: boolean
  readonly annotations: Capabilities['read']['annotations']
}

/** Columns as this field names them: `x`, its label `xname`, and `xtype` where a lookup may point to several tables. */
export function outputColumns(
  columns: readonly Column[],
  { labels, annotations }: LabelOptions,
): OutputColumn[] {
  const taken = new Set(columns.map(({ name }) => name))
  return columns.flatMap((column) => {
    const own = outputColumn(column)
    const companions = labels ? companionsOf(column, annotations) : []
    return [own, ...companions.filter(({ name }) => !taken.has(name))]
  })
}

/** Columns of a FetchXML result: those of the root table by type, aliases and linked ones as they come. */
export function outputOfFetch(query: FetchQuery, table: Table, options: LabelOptions): OutputColumn[] {
  const whole = query.all
    ? outputColumns(
        table.columns.filter(({ readable }) => readable),
        options,
      )
    : []
  const named = query.columns.flatMap(({ name, column: logicalName }) => {
    const column = table.columns.find((one) => one.name === logicalName)
    if (column) return outputColumns([column], options)
    return [{ name, label: name, type: 'json' as const, property: name, read: 'as-is' as const }]
  })
  const taken = new Set(whole.map(({ name }) => name))
  return [...whole, ...named.filter(({ name }) => !taken.has(name))]
}

/** Names of the navigations in an `$expand`, at its top level. */
export function expandedNames(expand: string): string[] {
  const names: string[] = []
  let depth = 0
  let inText = false
  let current = ''
  for (const character of `${expand},`) {
    // A doubled quote within a text turns it off and on again.
    if (character === "'") inText = !inText
    if (inText) continue
    if (character === '(') depth++
    else if (character === ')') depth--
    else if (character === ',' && depth === 0) {
      const name = current.trim().split('/')[0] ?? ''
      if (name !== '') names.push(name)
      current = ''
    } else if (depth === 0) current += character
  }
  return names
}

function outputColumn({ name, label, type, property }: Column): OutputColumn {
  return { name, label, type, property, read: readingOf(type) }
}

function readingOf(type: ColumnType): Reading {
  if (type === 'bigint') return 'bigint'
  if (type === 'decimal' || type === 'money') return 'decimal'
  if (type === 'choices') return 'choices'
  return type === 'json' ? 'nested' : 'as-is'
}

function companionsOf(
  { name, label, type, property, choices, targets = [] }: Column,
  { formattedValue, lookupTable }: LabelOptions['annotations'],
): OutputColumn[] {
  const named = { name: `${name}name`, label: `${label} (label)`, type: 'string' } as const
  if (type === 'lookup') {
    const lookupName = { ...named, property: `${property}@${formattedValue}`, read: 'as-is' } as const
    if (targets.length < 2) return [lookupName]
    const table = { name: `${name}type`, label: `${label} (table)`, type: 'string' } as const
    return [lookupName, { ...table, property: `${property}@${lookupTable}`, read: 'as-is' }]
  }
  if (!choices) return []
  return [{ ...named, property, read: new Map(choices.map(({ value, label: text }) => [value, text])) }]
}
