import { Button, Checkbox, makeStyles, ProgressBar, Text, tokens } from '@fluentui/react-components'
import { useEffect, useState } from 'react'
import { counted } from '../../app/counted.ts'
import { downloadBlob } from '../../app/download.ts'
import { ProblemBar } from '../../app/problem.tsx'
import { Section } from '../../app/section.tsx'
import { fetchFile, listen } from '../../server/call.ts'
import { useAction, useCall } from '../../server/hooks.ts'
import { ProblemError } from '../../server/problem-error.ts'
import { MendRows } from './mend-rows.tsx'
import { outcomeText } from './outcome-text.ts'
import type { Job, Writing } from './writing.ts'

interface RunSectionProps {
  /** Undefined until there is something to write. */
  readonly writing: Writing | undefined
}

/** The writing itself, which goes on whatever happens to this page; then the rows that were rejected. */
export function RunSection({ writing }: RunSectionProps) {
  const styles = useStyles()
  const jobs = useCall('write.jobs', {}, { fresh: true })
  const start = useAction('write.start', ['write.jobs'])
  const again = useAction('write.again', ['write.jobs'])
  // What somebody was sure of is this, and nothing they choose afterwards.
  const [sureOf, setSureOf] = useState('')
  const job = useJob(jobs.data?.[0])
  const deletes = writing?.mode === 'delete'
  const sure = sureOf === JSON.stringify(writing)
  const busy = start.isPending || again.isPending || (job !== undefined && isAlive(job))
  return (
    <Section
      title="5. Write"
      lead="Rows are accepted or rejected each on its own. A file whose run was stopped goes on where it was when it is written again."
    >
      {deletes && (
        <Checkbox
          label={SURE}
          checked={sure}
          onChange={(_, { checked }) => setSureOf(checked === true ? JSON.stringify(writing) : '')}
        />
      )}
      <div className={styles.row}>
        <Button
          appearance="primary"
          disabled={!writing || busy || (deletes && !sure)}
          onClick={() => {
            setSureOf('')
            if (writing) start.mutate(writing)
          }}
        >
          {deletes ? 'Delete the rows' : 'Write the rows'}
        </Button>
        {!writing && <Text>Choose rows and a table first.</Text>}
      </div>
      {start.isError && <ProblemBar error={start.error} />}
      {again.isError && <ProblemBar error={again.error} />}
      {job && (
        <JobView
          key={job.id}
          job={job}
          busy={busy}
          onAgain={(rows) => again.mutate({ id: job.id, rows: rows.map((row) => ({ ...row })) })}
        />
      )}
    </Section>
  )
}

interface JobViewProps {
  readonly job: Job
  readonly busy: boolean
  readonly onAgain: (rows: readonly Readonly<Record<string, unknown>>[]) => void
}

function JobView({ job, busy, onAgain }: JobViewProps) {
  const styles = useStyles()
  const [sure, setSure] = useState(false)
  const control = useAction('write.control')
  const { id, state, counts, about, ms, table, mode, rejects, problem } = job
  const ended = counts ? counts.accepted + counts.rejected + counts.unchanged : 0
  const rate = ms > 500 && ended > 0 ? Math.round((ended / ms) * 1000) : undefined
  const alive = isAlive(job)
  const left = rate && about && about > ended ? Math.ceil((about - ended) / rate) : undefined
  return (
    <div className={styles.job}>
      <Text role="status" weight="semibold">
        {WORDS[state]} {mode} into {table}: {counts ? outcomeText(counts) : 'no rows yet'}
        {rate === undefined ? '' : `, ${rate.toLocaleString('en')} rows a second`}
        {alive && left !== undefined ? `, about ${counted(left, 'second')} left` : ''}.
      </Text>
      {alive && (
        <ProgressBar
          aria-label="Rows written"
          {...(about ? { value: Math.min(1, ended / about) } : {})}
          thickness="large"
        />
      )}
      {alive && (
        <div className={styles.row}>
          {state === 'running' ? (
            <Button onClick={() => control.mutate({ id, action: 'pause' })}>Pause</Button>
          ) : (
            <Button onClick={() => control.mutate({ id, action: 'resume' })}>Resume</Button>
          )}
          <Button onClick={() => control.mutate({ id, action: 'stop' })}>Stop</Button>
        </div>
      )}
      {state === 'running' && <Throttle ended={ended} />}
      {problem && state === 'failed' && <ProblemBar error={new ProblemError(problem)} />}
      {state === 'stopped' && (
        <Text>
          {job.resumable
            ? 'Stopped. Write the same file again, and it goes on where it stopped: nothing is written twice.'
            : 'Stopped. What is counted above is written; a query is asked anew when it is written again.'}
        </Text>
      )}
      {!alive && rejects.length > 0 && (
        <>
          <div className={styles.row}>
            <Text weight="semibold">
              {counted(counts?.rejected ?? rejects.length, 'row')} rejected
              {counts && counts.rejected > rejects.length ? `, the first ${rejects.length} of them here` : ''}
              .
            </Text>
            <Button
              onClick={async () =>
                downloadBlob(await fetchFile('write.rejects', { id }), `${table}.rejects.csv`)
              }
            >
              Download them as CSV
            </Button>
          </div>
          {mode === 'delete' && (
            <Checkbox label={SURE} checked={sure} onChange={(_, { checked }) => setSure(checked === true)} />
          )}
          <MendRows rejects={rejects} disabled={busy || (mode === 'delete' && !sure)} onAgain={onAgain} />
        </>
      )}
    </div>
  )
}

const WORDS: Readonly<Record<Job['state'], string>> = {
  running: 'Writing,',
  paused: 'Paused,',
  done: 'Done:',
  failed: 'Failed:',
  stopped: 'Stopped:',
}

const SURE = 'Yes, delete these rows from Dynamics. There is no undo.'

function isAlive({ state }: Job): boolean {
  return state === 'running' || state === 'paused'
}

/** How it stands, as the server tells. */
function useJob(first: Job | undefined): Job | undefined {
  const [told, setTold] = useState<Job>()
  const id = first?.id
  useEffect(() => {
    if (id === undefined) return
    const own = new AbortController()
    const watch = async (): Promise<void> => {
      for await (const event of listen('write.watch', { id }, { signal: own.signal })) setTold(event.job)
    }
    // What is shown stays: the page says already when the studio does not answer.
    watch().catch(() => undefined)
    return () => own.abort()
  }, [id])
  return told?.id === id ? told : first
}

/** A service that takes no rows for a while has a limit that was met: the run waits, and goes on by itself. */
function Throttle({ ended }: { readonly ended: number }) {
  const [seen, setSeen] = useState({ ended, at: Date.now() })
  const [now, setNow] = useState(Date.now)
  if (seen.ended !== ended) setSeen({ ended, at: now })
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  const waits = Math.floor((now - seen.at) / 1000)
  if (waits < WAITS_SECONDS) return null
  return (
    <Text>
      No answer for {counted(waits, 'second')}. If a limit of the service was met, the run waits as long as it
      was told, and goes on by itself. Activity tells what is left of the limits.
    </Text>
  )
}

const WAITS_SECONDS = 4

const useStyles = makeStyles({
  row: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'center' },
  job: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
})
