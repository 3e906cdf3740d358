import type { ColumnDefinition } from '../../schema.ts'
import type { StoredRow } from '../../store/store.ts'
import type { ApiContext } from '../operation.ts'
import { formatted, nameOfTarget, targetTable } from './format.ts'
import { FORMATTED_VALUE, LOOKUP_NAVIGATION, LOOKUP_TABLE, type Preferences } from './options.ts'
import { isLookup } from './paths.ts'

/** Annotations of one property, as members of JSON that each end in a comma; they stand before the property. */
export interface AnnotationSetting {
  readonly preferences: Preferences
  readonly context: ApiContext
}

/** Undefined where none of the annotations a column can have was asked for. */
export function annotationWriter(
  column: ColumnDefinition,
  property: string,
  { preferences, context }: AnnotationSetting,
): ((row: StoredRow) => string) | undefined {
  const { store } = context
  const makers: ((row: StoredRow) => string)[] = []
  const add = (annotation: string, read: (row: StoredRow) => string | undefined): void => {
    if (!preferences.annotation(annotation)) return
    const name = JSON.stringify(`${property}@${annotation}`)
    makers.push((row) => {
      const value = read(row)
      return value === undefined ? '' : `${name}:${JSON.stringify(value)},`
    })
  }
  if (isLookup(column)) {
    add(FORMATTED_VALUE, (row) => nameOfTarget(column, row, store))
    add(LOOKUP_NAVIGATION, (row) => navigationOf(column, row, context))
    add(LOOKUP_TABLE, (row) => targetTable(column, row))
  } else if (hasFormat(column)) add(FORMATTED_VALUE, (row) => formatted(column, row, store))
  if (makers.length === 0) return undefined
  return (row) => makers.map((make) => make(row)).join('')
}

function hasFormat({ type }: ColumnDefinition): boolean {
  return !['String', 'Memo', 'EntityName', 'Uniqueidentifier', 'File', 'Image'].includes(type)
}

/** Name of the navigation property that leads to the row this lookup points at. */
function navigationOf(column: ColumnDefinition, row: StoredRow, { store }: ApiContext): string | undefined {
  const target = targetTable(column, row)
  return store.schema.oneToMany.find(
    ({ referencingTable, referencingColumn, referencedTable }) =>
      referencingColumn === column.logicalName &&
      referencedTable === target &&
      store.schema.column(referencingTable, referencingColumn) === column,
  )?.lookupNavigation
}
