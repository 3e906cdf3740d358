import { makeStyles, Spinner, Tab, TabList, Text, tokens } from '@fluentui/react-components'
import type { EnvironmentChoice } from '../../../server/environments.ts'
import { useEnvironment } from '../../app/environment.tsx'
import { NoEnvironment } from '../../app/no-environment.tsx'
import { Page } from '../../app/page.tsx'
import { ProblemBar } from '../../app/problem.tsx'
import { goTo, useRoute } from '../../app/router.ts'
import { useCall } from '../../server/hooks.ts'
import { ColumnsView } from './columns-view.tsx'
import { RelationshipsView } from './relationships-view.tsx'
import { RowsView } from './rows-view.tsx'
import type { Table } from './table.ts'
import { TableList } from './table-list.tsx'

/** What is in the environment: its tables, what they hold, how they hang together. */
export default function ExplorePage() {
  const styles = useStyles()
  const { environment } = useEnvironment()
  const { rest } = useRoute()
  if (!environment) return <NoEnvironment title="Explore" />
  const [name] = rest
  return (
    <Page title="Explore" full>
      <div className={styles.halves}>
        <TableList environment={environment} current={name} />
        {name === undefined ? (
          <Text>Choose a table to see its rows, columns and relationships.</Text>
        ) : (
          <TableView key={`${name} ${JSON.stringify(environment)}`} environment={environment} name={name} />
        )}
      </div>
    </Page>
  )
}

const VIEWS = ['rows', 'columns', 'relationships', 'keys'] as const

function TableView({
  environment,
  name,
}: {
  readonly environment: EnvironmentChoice
  readonly name: string
}) {
  const styles = useStyles()
  const { query } = useRoute()
  const table = useCall('explore.table', { environment, table: name })
  const view = VIEWS.find((one) => one === query.get('view')) ?? 'rows'
  if (table.isPending) return <Spinner label={`Reading ${name}`} />
  if (table.isError) return <ProblemBar error={table.error} onRetry={() => table.refetch()} />
  const { data } = table
  return (
    <section className={styles.table} aria-label={data.label}>
      <h2 className={styles.title}>
        <span dir="auto">{data.pluralLabel || data.label}</span>{' '}
        <code className={styles.name}>{data.name}</code>
      </h2>
      <TabList
        selectedValue={view}
        onTabSelect={(_, { value }) =>
          goTo('explore', [name], value === 'rows' ? {} : { view: String(value) })
        }
      >
        <Tab value="rows">Rows</Tab>
        <Tab value="columns">Columns ({data.columns.length})</Tab>
        <Tab value="relationships">Relationships ({data.relationships.length})</Tab>
        <Tab value="keys">Keys ({data.keys.length + 1})</Tab>
      </TabList>
      {view === 'rows' && <RowsView environment={environment} table={data} />}
      {view === 'columns' && <ColumnsView table={data} />}
      {view === 'relationships' && <RelationshipsView table={data} />}
      {view === 'keys' && <Keys table={data} />}
    </section>
  )
}

/** What names one row: for upserts, and for lookups by something else than an id. */
function Keys({ table: { primaryKey, primaryName, keys, entitySet } }: { readonly table: Table }) {
  return (
    <dl>
      <dt>Primary key</dt>
      <dd>
        <code>{primaryKey}</code>
      </dd>
      <dt>Name of a row</dt>
      <dd>
        <code>{primaryName ?? 'none'}</code>
      </dd>
      <dt>Entity set in the Web API</dt>
      <dd>
        <code>{entitySet}</code>
      </dd>
      {keys.map(({ name, columns }) => (
        <div key={name}>
          <dt>Alternate key {name}</dt>
          <dd>
            <code>{columns.join(' + ')}</code>
          </dd>
        </div>
      ))}
    </dl>
  )
}

const useStyles = makeStyles({
  halves: {
    display: 'grid',
    gridTemplateColumns: 'minmax(200px, 260px) minmax(0, 1fr)',
    gap: tokens.spacingHorizontalXL,
    flexGrow: 1,
    minHeight: 0,
    '@media (max-width: 900px)': { gridTemplateColumns: 'minmax(0, 1fr)', gridTemplateRows: 'auto 1fr' },
  },
  table: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalS,
    minHeight: 0,
    minWidth: 0,
  },
  title: { margin: 0, fontSize: tokens.fontSizeBase500, lineHeight: tokens.lineHeightBase500 },
  name: {
    fontSize: tokens.fontSizeBase300,
    fontWeight: tokens.fontWeightRegular,
    color: tokens.colorNeutralForeground2,
  },
})
