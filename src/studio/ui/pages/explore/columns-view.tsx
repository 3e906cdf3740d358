import { makeStyles } from '@fluentui/react-components'
import type { GridColumn } from '../../grid/columns.ts'
import { DataGrid } from '../../grid/data-grid.tsx'
import type { Column, Table } from './table.ts'

/** Every column of a table: what it is called, what it holds, who may write it. */
export function ColumnsView({ table }: { readonly table: Table }) {
  const styles = useStyles()
  return (
    <DataGrid
      label={`Columns of ${table.label}`}
      className={styles.grid}
      columns={COLUMNS}
      rows={table.columns}
    />
  )
}

const text = (
  id: string,
  title: string,
  width: number,
  of: (column: Column) => string,
): GridColumn<Column> => ({
  id,
  title,
  width,
  text: of,
  cell: (column) => <span dir="auto">{of(column)}</span>,
})

const COLUMNS: readonly GridColumn<Column>[] = [
  text('label', 'Label', 200, ({ label }) => label),
  text('name', 'Name', 200, ({ name }) => name),
  text('type', 'Type', 110, ({ type }) => type),
  text('holds', 'Holds', 340, holds),
  text('required', 'Required', 90, ({ required }) => (required ? 'yes' : '')),
  text('written', 'Written', 150, ({ creatable, updatable }) =>
    creatable && updatable ? 'always' : creatable ? 'when created' : updatable ? 'when updated' : 'never',
  ),
  text('service', 'Type in Dynamics', 160, ({ serviceType }) => serviceType),
]

/** Choices, tables a lookup points to, lengths and ranges. */
function holds({ choices, targets, maxLength, min, max, precision, timeZoneIndependent }: Column): string {
  if (choices) return choices.map(({ value, label }) => `${value} ${label}`).join(', ')
  if (targets) return `a row of ${targets.map(({ table }) => table).join(' or ')}`
  const parts = [
    maxLength === undefined ? '' : `at most ${maxLength.toLocaleString('en')} characters`,
    min === undefined && max === undefined ? '' : `${min ?? '…'} to ${max ?? '…'}`,
    precision === undefined ? '' : `${precision} digits after the point`,
    timeZoneIndependent ? 'no time zone' : '',
  ]
  return parts.filter((part) => part !== '').join(', ')
}

const useStyles = makeStyles({ grid: { flexGrow: 1, minHeight: '320px' } })
