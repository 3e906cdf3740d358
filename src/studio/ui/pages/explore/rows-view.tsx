import {
  Button,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  Spinner,
  Switch,
  Text,
  tokens,
} from '@fluentui/react-components'
import { AddRegular, ArrowDownloadRegular, CodeRegular } from '@fluentui/react-icons'
import { useMemo, useState } from 'react'
import type { Browsing, BrowsingFilter } from '../../../server/browse.ts'
import type { EnvironmentChoice } from '../../../server/environments.ts'
import { counted } from '../../app/counted.ts'
import { downloadBlob } from '../../app/download.ts'
import { ProblemBar } from '../../app/problem.tsx'
import { goTo, linkTo } from '../../app/router.ts'
import { useStored } from '../../app/stored.ts'
import type { GridSort } from '../../grid/columns.ts'
import { DataGrid } from '../../grid/data-grid.tsx'
import { call, fetchFile } from '../../server/call.ts'
import { useCall } from '../../server/hooks.ts'
import { ColumnChooser } from './column-chooser.tsx'
import { Filters } from './filters.tsx'
import { rowColumns } from './row-columns.tsx'
import { firstColumns, type Table } from './table.ts'
import { useRows } from './use-rows.ts'

interface RowsViewProps {
  readonly environment: EnvironmentChoice
  readonly table: Table
}

/** The rows of a table: filtered, sorted, followed to the rows they point to, taken along as a file. */
export function RowsView({ environment, table }: RowsViewProps) {
  const styles = useStyles()
  const [columns, setColumns] = useState<readonly string[]>(() => firstColumns(table))
  const [filters, setFilters] = useState<readonly BrowsingFilter[]>([])
  const [sort, setSort] = useState<GridSort>()
  const [raw, setRaw] = useStored('raw', '')
  const browsing: Browsing = {
    table: table.name,
    columns: [...columns],
    filters: [...filters],
    ...(sort ? { sort } : {}),
  }
  const { browsed, onSeen } = useRows(environment, browsing)
  const [state, setState] = useState<{ busy?: string; problem?: unknown }>({})
  const doing = async (busy: string, work: () => Promise<void>): Promise<void> => {
    setState({ busy })
    try {
      await work()
      setState({})
    } catch (problem) {
      setState({ problem })
    }
  }
  const shown = useMemo(
    () => rowColumns(table, { columns, from: browsed.columns, raw: raw === 'yes' }),
    [table, columns, browsed.columns, raw],
  )
  const keyAt = browsed.columns.findIndex(({ name }) => name === table.primaryKey)
  const save = (format: 'csv' | 'parquet') =>
    doing('Exporting …', async () =>
      downloadBlob(
        await fetchFile('explore.export', { environment, browsing, format }),
        `${table.name}.${format}`,
      ),
    )
  return (
    <div className={styles.view}>
      <Filters table={table} filters={filters} onChange={setFilters} />
      <div className={styles.row}>
        <ColumnChooser table={table} chosen={columns} onChange={setColumns} />
        <Switch
          label="Raw values"
          checked={raw === 'yes'}
          onChange={(_, { checked }) => setRaw(checked ? 'yes' : '')}
        />
        <Menu>
          <MenuTrigger disableButtonEnhancement>
            <Button icon={<ArrowDownloadRegular />}>Export</Button>
          </MenuTrigger>
          <MenuPopover>
            <MenuList>
              <MenuItem onClick={() => save('csv')}>CSV, all rows that fit the filter</MenuItem>
              <MenuItem onClick={() => save('parquet')}>Parquet, all rows that fit the filter</MenuItem>
            </MenuList>
          </MenuPopover>
        </Menu>
        <Button
          icon={<CodeRegular />}
          onClick={() =>
            doing('Opening …', async () =>
              goTo('sql', [], await call('explore.sql', { environment, browsing })),
            )
          }
        >
          Open in SQL
        </Button>
        <Button as="a" icon={<AddRegular />} href={linkTo('row', [table.name])}>
          New row
        </Button>
        {state.busy !== undefined && <Spinner size="tiny" label={state.busy} labelPosition="after" />}
      </div>
      {state.problem !== undefined && <ProblemBar error={state.problem} />}
      <Size environment={environment} browsing={browsing} came={browsed.rows.length} state={browsed.state} />
      {browsed.cutAt !== undefined && (
        <Text>
          There are more than {browsed.cutAt.toLocaleString('en')} rows: filter, or export them all.
        </Text>
      )}
      {browsed.state === 'failed' ? (
        <ProblemBar error={browsed.problem} />
      ) : (
        <DataGrid
          label={`Rows of ${table.label}`}
          className={styles.grid}
          columns={shown}
          rows={browsed.rows}
          sort={{ by: sort, change: setSort }}
          onSeen={onSeen}
          onOpen={(row, column) => {
            const target = shown.find(({ id }) => id === column.id)?.follow?.(row)
            if (target) goTo('row', [target.table, target.id])
            else goTo('row', [table.name, String(row[keyAt])])
          }}
          empty={browsed.state === 'reading' ? 'Reading …' : 'No rows.'}
        />
      )}
      <Text size={200}>Enter or a double click opens a row; on a lookup, the row it points to.</Text>
    </div>
  )
}

interface SizeProps {
  readonly environment: EnvironmentChoice
  readonly browsing: Browsing
  /** Rows that were fetched so far. */
  readonly came: number
  readonly state: string
}

/** How many rows there are: as the service last counted the table, or counted now. */
function Size({ environment, browsing, came, state }: SizeProps) {
  const styles = useStyles()
  const { table, filters } = browsing
  const [counting, count] = useState('')
  const asked = JSON.stringify(filters)
  const known = useCall('explore.size', { environment, table }, { enabled: filters.length === 0 })
  const exact = useCall(
    'explore.count',
    { environment, browsing },
    { enabled: counting === asked, fresh: true },
  )
  const rows = counting === asked ? exact.data?.rows : undefined
  if (state === 'all') return <Text role="status">{`${counted(came, 'row')}.`}</Text>
  return (
    <div className={styles.row}>
      <Text role="status">
        {rows !== undefined
          ? `${counted(rows, 'row')}.`
          : filters.length === 0 && known.data?.rows !== undefined
            ? `About ${counted(known.data.rows, 'row')}, as the service last counted them.`
            : `${counted(came, 'row')} so far.`}
      </Text>
      {rows === undefined && (
        <Button size="small" disabled={exact.isFetching} onClick={() => count(asked)}>
          Count now
        </Button>
      )}
      {exact.isError && <ProblemBar error={exact.error} />}
    </div>
  )
}

const useStyles = makeStyles({
  view: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS, minHeight: 0, flexGrow: 1 },
  row: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS, alignItems: 'center' },
  grid: { flexGrow: 1, minHeight: '320px' },
})
