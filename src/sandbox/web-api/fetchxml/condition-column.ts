import type { ColumnDefinition, TableDefinition } from '../../schema.ts'
import type { Cell, StoredRow } from '../../store/store.ts'
import type { ApiContext } from '../operation.ts'
import { formatted } from '../query/format.ts'
import { isLookup } from '../query/paths.ts'
import { columnNamed } from './columns.ts'
import type { FetchCondition } from './fetch-query.ts'

export interface ConditionColumn {
  readonly column: ColumnDefinition
  readonly read: (row: StoredRow) => Cell | undefined
}

/**
 * What a condition looks at. `primarycontactidname` and `statecodename`, which stored views of the platform are full of,
 * are the name or label shown for the column; patterns on a lookup are about that name too.
 */
export function conditionColumn(
  { attribute, operator }: FetchCondition,
  table: TableDefinition,
  context: ApiContext,
): ConditionColumn {
  const { store } = context
  const named = store.schema.column(table.logicalName, attribute.toLowerCase())
  const base = named?.type === 'Virtual' ? named.attributeOf : undefined
  const column = columnNamed(table, base ?? attribute, context)
  if (base === undefined && !(isLookup(column) && TEXT_OPERATOR.test(operator)))
    return { column, read: (row) => row[column.logicalName] }
  return {
    column: { ...column, logicalName: `${column.logicalName}name`, type: 'String' },
    read: (row) => formatted(column, row, store),
  }
}

const TEXT_OPERATOR = /^(?:not-)?(?:like|begins?-with|ends?-with)$/
