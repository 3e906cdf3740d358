import { makeStyles, tokens } from '@fluentui/react-components'
import { linkTo } from '../../app/router.ts'
import type { GridColumn } from '../../grid/columns.ts'
import { DataGrid } from '../../grid/data-grid.tsx'
import { Neighbourhood } from './neighbourhood.tsx'
import type { Table } from './table.ts'

type Relationship = Table['relationships'][number]

/** How a table hangs together with others: drawn, and in full as a list. */
export function RelationshipsView({ table }: { readonly table: Table }) {
  const styles = useStyles()
  return (
    <div className={styles.view}>
      <Neighbourhood table={table} />
      <DataGrid
        label={`Relationships of ${table.label}`}
        className={styles.grid}
        columns={COLUMNS}
        rows={table.relationships}
        onOpen={({ table: other }) => {
          window.location.hash = linkTo('explore', [other])
        }}
      />
    </div>
  )
}

const text = (
  id: string,
  title: string,
  width: number,
  of: (relationship: Relationship) => string,
): GridColumn<Relationship> => ({ id, title, width, text: of })

const COLUMNS: readonly GridColumn<Relationship>[] = [
  text('kind', 'Kind', 130, ({ kind }) => kind),
  {
    ...text('table', 'Table', 190, ({ table }) => table),
    cell: ({ table }) => (
      <a href={linkTo('explore', [table])} tabIndex={-1}>
        {table}
      </a>
    ),
  },
  text('column', 'Lookup column', 200, ({ column = '' }) => column),
  text('navigation', 'Navigation property', 240, ({ navigation }) => navigation),
  text('name', 'Relationship', 280, ({ name }) => name),
]

const useStyles = makeStyles({
  view: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalM,
    flexGrow: 1,
    minHeight: 0,
    overflowY: 'auto',
  },
  grid: { flexGrow: 1, minHeight: '260px' },
})
