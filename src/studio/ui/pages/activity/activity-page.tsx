import {
  Accordion,
  AccordionHeader,
  AccordionItem,
  AccordionPanel,
  Badge,
  makeStyles,
  Spinner,
  Text,
  tokens,
} from '@fluentui/react-components'
import { useEffect, useState } from 'react'
import { counted } from '../../app/counted.ts'
import { useEnvironment } from '../../app/environment.tsx'
import { agoText } from '../../app/moment.ts'
import { Page } from '../../app/page.tsx'
import { ProblemBar } from '../../app/problem.tsx'
import { Section } from '../../app/section.tsx'
import { type Event, listen } from '../../server/call.ts'
import { useCall } from '../../server/hooks.ts'

type Work = Event<'activity.watch'>['works'][number]

/** What the studio asks of Dynamics, while it does, and what is left of the service's limits. */
export default function ActivityPage() {
  const styles = useStyles()
  const { works, problem } = useActivity()
  return (
    <Page title="Activity" lead="What this studio asked of Dynamics since it was started, the newest first.">
      <Limits />
      {problem !== undefined && <ProblemBar error={problem} />}
      <Section title="Work">
        {!works && problem === undefined && <Spinner label="Looking" />}
        {works?.length === 0 && <Text>Nothing was asked of Dynamics yet.</Text>}
        <Accordion multiple collapsible className={styles.list}>
          {works?.map((work) => (
            <WorkItem key={work.id} work={work} />
          ))}
        </Accordion>
      </Section>
    </Page>
  )
}

function useActivity() {
  const [state, setState] = useState<{ works?: readonly Work[]; problem?: unknown }>({})
  useEffect(() => {
    const own = new AbortController()
    const watch = async (): Promise<void> => {
      for await (const { works } of listen('activity.watch', {}, { signal: own.signal })) setState({ works })
    }
    watch().catch((problem: unknown) => {
      if (!own.signal.aborted) setState((old) => ({ ...old, problem }))
    })
    return () => own.abort()
  }, [])
  return state
}

const COLOURS = { running: 'brand', done: 'success', failed: 'danger', stopped: 'warning' } as const

function WorkItem({ work }: { readonly work: Work }) {
  const styles = useStyles()
  const { id, call, system, at, ms, state, requests, bytes, recent, problem } = work
  return (
    <AccordionItem value={id}>
      <AccordionHeader>
        <span className={styles.head}>
          <Badge appearance="tint" color={COLOURS[state]}>
            {state}
          </Badge>
          <Text weight="semibold">{NAMES[call] ?? call}</Text>
          {system !== undefined && <Text>{system}</Text>}
          <Text>
            {counted(requests, 'request')}, {sizeText(bytes)}
            {ms === undefined ? '' : `, ${(ms / 1000).toFixed(1)} s`}
          </Text>
          <Text size={200}>{agoText(at)}</Text>
        </span>
      </AccordionHeader>
      <AccordionPanel>
        {problem && (
          <p className={styles.problem}>
            {problem.message} {problem.hint}
          </p>
        )}
        <ol className={styles.requests} aria-label="Its requests, the newest first">
          {recent.map((request, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the same request may be sent several times.
            <li key={place}>
              <code>
                {request.method} {request.path} → {request.status}, {request.ms} ms
              </code>
            </li>
          ))}
        </ol>
        {requests > recent.length && (
          <Text size={200}>{requests - recent.length} earlier ones are not kept.</Text>
        )}
      </AccordionPanel>
    </AccordionItem>
  )
}

/** Calls in words. */
const NAMES: Readonly<Record<string, string>> = {
  'sql.run': 'Query',
  'sql.explain': 'Plan',
  'sql.preview': 'Look what a statement would change',
  'sql.execute': 'Change by SQL',
  'sql.export': 'Export of a query',
  'sql.complete': 'Names to complete',
  'explore.tables': 'Tables',
  'explore.table': 'Description of a table',
  'explore.size': 'Size of a table',
  'explore.count': 'Count of rows',
  'explore.rows': 'Rows of a table',
  'explore.export': 'Export of rows',
  'row.read': 'One row',
  'row.save': 'Row saved',
  'row.delete': 'Row deleted',
  'row.find': 'Search for a lookup',
  'connect.test': 'Connection tested',
  'connect.query': 'First query',
  'write.check': 'Check of rows to write',
  'write.run': 'Rows written',
}

function sizeText(bytes: number): string {
  return bytes < 10_000 ? counted(bytes, 'byte') : `${(bytes / 1_000_000).toFixed(2)} MB`
}

/** What the service said it would still take, within its window of five minutes. */
function Limits() {
  const { environment } = useEnvironment()
  const limits = useCall(
    'activity.limits',
    { environment: environment ?? { draft: 'none' } },
    { enabled: environment !== undefined, everyMs: 2000, fresh: true },
  )
  if (!limits.data) return null
  const { remainingRequests, remainingExecutionMs, recommendedParallelism } = limits.data
  const words = [
    remainingRequests === undefined ? '' : `${counted(remainingRequests, 'request')} left`,
    remainingExecutionMs === undefined
      ? ''
      : `${counted(Math.round(remainingExecutionMs / 1000), 'second')} of its time left`,
    recommendedParallelism === undefined ? '' : `${recommendedParallelism} requests at a time recommended`,
  ].filter((part) => part !== '')
  return (
    <Section
      title="Limits of the service"
      lead="For this user, within a window of five minutes, as the last answer said."
    >
      <Text role="status">
        {words.length === 0 ? 'The service has not said anything yet.' : `${words.join(', ')}.`}
      </Text>
    </Section>
  )
}

const useStyles = makeStyles({
  list: { minWidth: 0 },
  head: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'center' },
  requests: {
    margin: 0,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    overflowWrap: 'anywhere',
  },
  problem: { margin: 0, color: tokens.colorStatusDangerForeground1 },
})
