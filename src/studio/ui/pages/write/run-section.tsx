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
  const [sure, setSure] = useState(false)
  const latest = start.data ?? jobs.data?.[0]
  const deletes = writing?.mode === 'delete'
  const run = (given: Writing) => start.mutate(given)
  return (
    <Section
      title="5. Write"
      lead="Rows are accepted or rejected each on its own. A run that is stopped goes on where it was when the same input is written again."
    >
      {deletes && (
        <Checkbox
          label="Yes, delete these rows from Dynamics. There is no undo."
          checked={sure}
          onChange={(_, { checked }) => setSure(checked === true)}
        />
      )}
      <div className={styles.row}>
        <Button
          appearance="primary"
          disabled={!writing || start.isPending || latest?.state === 'running' || (deletes && !sure)}
          onClick={() => writing && run(writing)}
        >
          {deletes ? 'Delete the rows' : 'Write the rows'}
        </Button>
        {!writing && <Text>Choose rows and a table first.</Text>}
      </div>
      {start.isError && <ProblemBar error={start.error} />}
      {latest && (
        <JobView
          key={latest.id}
          job={latest}
          onAgain={
            writing
              ? (rows) => run({ ...writing, source: { rows: rows.map((row) => ({ ...row })) } })
              : undefined
          }
        />
      )}
    </Section>
  )
}

interface JobViewProps {
  readonly job: Job
  readonly onAgain: ((rows: readonly Readonly<Record<string, unknown>>[]) => void) | undefined
}

function JobView({ job: first, onAgain }: JobViewProps) {
  const styles = useStyles()
  const job = useJob(first)
  const control = useAction('write.control')
  const { id, state, counts, about, ms, table, mode, rejects, problem } = job
  const ended = counts ? counts.accepted + counts.rejected + counts.unchanged : 0
  const rate = ms > 500 && ended > 0 ? Math.round((ended / ms) * 1000) : undefined
  const alive = state === 'running' || state === 'paused'
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
          Stopped. Write the same input again, and it goes on where it stopped: nothing is written twice.
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
          <MendRows rejects={rejects} onAgain={onAgain} />
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

/** How it stands, as the server tells. */
function useJob(first: Job): Job {
  const [job, setJob] = useState(first)
  useEffect(() => {
    const own = new AbortController()
    const watch = async (): Promise<void> => {
      for await (const event of listen('write.watch', { id: first.id }, { signal: own.signal }))
        setJob(event.job)
    }
    // What is shown stays: the page says already when the studio does not answer.
    watch().catch(() => undefined)
    return () => own.abort()
  }, [first.id])
  return job
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
