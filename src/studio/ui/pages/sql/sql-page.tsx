import {
  Button,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  Spinner,
  Tab,
  TabList,
  Text,
  tokens,
} from '@fluentui/react-components'
import { ArrowDownloadRegular, PlayRegular, StopRegular } from '@fluentui/react-icons'
import { useMemo, useState } from 'react'
import { counted } from '../../app/counted.ts'
import { downloadBlob } from '../../app/download.ts'
import { useEnvironment } from '../../app/environment.tsx'
import { NoEnvironment } from '../../app/no-environment.tsx'
import { Page } from '../../app/page.tsx'
import { ProblemBar } from '../../app/problem.tsx'
import { linkTo, useRoute } from '../../app/router.ts'
import { useStored } from '../../app/stored.ts'
import { ResultGrid } from '../../grid/result-grid.tsx'
import { fetchFile, type Input } from '../../server/call.ts'
import { problemOf } from '../../server/problem-error.ts'
import { ChangePanel } from './change-panel.tsx'
import { Chart } from './chart.tsx'
import { Editor } from './editor.tsx'
import { KeptQueries, type Taken } from './kept-queries.tsx'
import { PlanTree } from './plan-tree.tsx'
import { type SqlRun, useSqlRun } from './use-sql-run.ts'

/** SQL over the tables of the environment: typed, planned, run, drawn, saved. */
export default function SqlPage() {
  const styles = useStyles()
  const { query } = useRoute()
  const { environment, choose } = useEnvironment()
  const [typed, setTyped] = useStored('sql', '', window.sessionStorage)
  const [given, setGiven] = useState<string>()
  const asked = query.get('text') ?? undefined
  if (asked !== given) {
    setGiven(asked)
    if (asked !== undefined) setTyped(asked)
  }
  const { run, start, stop } = useSqlRun()
  const [writing, setWriting] = useState(false)
  const problem = useMemo(
    () => (run.state === 'failed' ? problemOf(run.problem) : undefined),
    [run.state, run.problem],
  )
  if (!environment) return <NoEnvironment title="SQL" />
  const running = run.state === 'running' || writing
  const take = ({ text, system, credential }: Taken): void => {
    setTyped(text)
    if (system !== undefined) choose(credential === undefined ? { system } : { system, credential })
  }
  return (
    <Page
      title="SQL"
      lead="PostgreSQL over the tables of Dynamics. Conditions, joins and groups are sent where that gives the same answer."
    >
      <Editor
        text={typed}
        environment={environment}
        problem={problem}
        onChange={setTyped}
        onRun={(text) => {
          if (!running) void start(environment, text)
        }}
      />
      <div className={styles.row}>
        <Button
          appearance="primary"
          icon={<PlayRegular />}
          disabled={running || typed.trim() === ''}
          onClick={() => start(environment, typed)}
        >
          Run
        </Button>
        <Button icon={<StopRegular />} disabled={run.state !== 'running'} onClick={stop}>
          Cancel
        </Button>
        <KeptQueries text={typed} environment={environment} onTake={take} />
        <ExportMenu environment={environment} text={typed} />
        <Text size={200}>Ctrl+Enter runs what is selected, else all.</Text>
      </div>
      {run.state === 'running' && (
        <Spinner
          size="tiny"
          labelPosition="after"
          label={run.came === 0 ? 'Reading …' : `Reading … ${counted(run.came, 'row')}`}
        />
      )}
      {run.state === 'failed' && <ProblemBar error={run.problem} />}
      {run.state === 'stopped' && <Text role="status">Cancelled. Nothing of the answer is shown.</Text>}
      {run.state === 'done' && run.environment && (
        <Answer run={run} environment={run.environment} onWriting={setWriting} />
      )}
    </Page>
  )
}

type Environment = Input<'sql.export'>['environment']

const VIEWS = ['rows', 'chart', 'plan'] as const

interface AnswerProps {
  readonly run: SqlRun
  /** Where it ran, whatever is chosen by now. */
  readonly environment: Environment
  readonly onWriting: (writing: boolean) => void
}

function Answer({ run, environment, onWriting }: AnswerProps) {
  const styles = useStyles()
  const { plan, result, cutAt, cost, text } = run
  const [view, setView] = useState<(typeof VIEWS)[number]>('rows')
  const changes = plan?.change !== undefined && !plan.explains
  return (
    <>
      <div className={styles.row}>
        <TabList
          selectedValue={view}
          onTabSelect={(_, { value }) => setView(VIEWS.find((one) => one === value) ?? 'rows')}
        >
          <Tab value="rows">{changes ? 'Changes' : 'Rows'}</Tab>
          {result && !plan?.explains && <Tab value="chart">Chart</Tab>}
          {plan && <Tab value="plan">Plan</Tab>}
        </TabList>
        {result && (
          <Text role="status">
            {counted(result.rows.length, 'row')}
            {cost
              ? `, ${counted(
                  cost.scans.reduce((sum, scan) => sum + scan.requests, 0),
                  'request',
                )}`
              : ''}
            .
            {cutAt === undefined
              ? ''
              : ` There are more: a page holds ${cutAt.toLocaleString('en')}. Export gives all.`}
          </Text>
        )}
        {result && !plan?.explains && <a href={linkTo('write', [], { text })}>Write back …</a>}
      </div>
      {changes && (
        // Out of sight it goes on writing.
        <div hidden={view !== 'rows'}>
          <ChangePanel environment={environment} text={text} key={text} onWriting={onWriting} />
        </div>
      )}
      {view === 'rows' && result && !plan?.explains && (
        <ResultGrid label="Rows of the query" result={result} className={styles.grid} />
      )}
      {view === 'rows' && result && plan?.explains && (
        <pre className={styles.lines}>{result.rows.map(([line]) => String(line)).join('\n')}</pre>
      )}
      {view === 'chart' && result && <Chart result={result} />}
      {view === 'plan' && plan && <PlanTree plan={plan} cost={cost} />}
    </>
  )
}

const FORMATS = [
  ['csv', 'CSV'],
  ['parquet', 'Parquet'],
  ['json', 'JSON'],
  ['ndjson', 'NDJSON'],
] as const

function ExportMenu({ environment, text }: Pick<Input<'sql.export'>, 'environment' | 'text'>) {
  const [state, setState] = useState<'idle' | 'busy' | { readonly problem: unknown }>('idle')
  const save = async (format: Input<'sql.export'>['format']): Promise<void> => {
    setState('busy')
    try {
      downloadBlob(await fetchFile('sql.export', { environment, text, format }), `rows.${format}`)
      setState('idle')
    } catch (problem) {
      setState({ problem })
    }
  }
  return (
    <>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <Button icon={<ArrowDownloadRegular />} disabled={state === 'busy' || text.trim() === ''}>
            Export
          </Button>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {FORMATS.map(([format, name]) => (
              <MenuItem key={format} onClick={() => save(format)}>
                {name}
              </MenuItem>
            ))}
          </MenuList>
        </MenuPopover>
      </Menu>
      {state === 'busy' && <Spinner size="tiny" label="Exporting …" labelPosition="after" />}
      {typeof state === 'object' && <ProblemBar error={state.problem} />}
    </>
  )
}

const useStyles = makeStyles({
  row: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS, alignItems: 'center' },
  grid: { height: 'max(320px, 46vh)' },
  lines: {
    margin: 0,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
  },
})
