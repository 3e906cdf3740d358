import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  DialogTrigger,
  makeStyles,
  Spinner,
  Text,
  tokens,
} from '@fluentui/react-components'
import { useEffect, useState } from 'react'
import type { EnvironmentChoice } from '../../../server/environments.ts'
import { counted } from '../../app/counted.ts'
import { environmentName } from '../../app/environment.tsx'
import { ProblemBar } from '../../app/problem.tsx'
import { ResultGrid } from '../../grid/result-grid.tsx'
import type { Output } from '../../server/call.ts'
import { useCall } from '../../server/hooks.ts'
import { useEvents } from '../../server/use-events.ts'

interface ChangePanelProps {
  readonly environment: EnvironmentChoice
  readonly text: string
  /** Told while rows are written: nothing else may begin then. */
  readonly onWriting: (writing: boolean) => void
}

/** A statement that changes rows: first what it would do, then, once somebody says so, what it did. */
export function ChangePanel({ environment, text, onWriting }: ChangePanelProps) {
  const styles = useStyles()
  const preview = useCall('sql.preview', { environment, text }, { fresh: true })
  const writing = useEvents('sql.execute')
  const [asking, ask] = useState(false)
  const { running } = writing
  useEffect(() => {
    onWriting(running)
    return () => onWriting(false)
  }, [running, onWriting])
  const done = writing.events.findLast((event) => event.kind === 'done')
  const ended = writing.events.findLast((event) => event.kind === 'progress')?.ended ?? 0
  if (done?.kind === 'done')
    return (
      <div className={styles.panel}>
        <Text role="status" weight="semibold">
          Written: {sentence(done.report)}
        </Text>
        <Reasons rejects={done.rejects} />
        {done.returned && (
          <ResultGrid label="Rows that RETURNING gives" result={done.returned} className={styles.grid} />
        )}
      </div>
    )
  if (writing.running)
    return <Spinner label={`Writing … ${counted(ended, 'row')} done`} labelPosition="after" size="small" />
  if (preview.isPending) return <Spinner label="Looking what it would change …" />
  if (preview.isError) return <ProblemBar error={preview.error} onRetry={() => preview.refetch()} />
  const { report, requests, rejects } = preview.data
  const writes = report.created + report.updated + report.deleted + report.unchanged
  return (
    <div className={styles.panel}>
      {writing.problem !== undefined && <ProblemBar error={writing.problem} />}
      <Text role="status" weight="semibold">
        Nothing is written yet. It would do this: {sentence(report)}
      </Text>
      <Reasons rejects={rejects} />
      <div>
        <Button appearance="primary" disabled={writes === 0} onClick={() => ask(true)}>
          Write {counted(writes, 'row')} …
        </Button>
      </div>
      {requests.length > 0 && (
        <ol className={styles.requests} aria-label="Requests it would send">
          {requests.map(({ method, path, body }, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two rows may be written by the same request.
            <li key={at}>
              <code>
                {method} {decodeURIComponent(path)}
                {body === undefined ? '' : `\n${body}`}
              </code>
            </li>
          ))}
        </ol>
      )}
      <Dialog open={asking} onOpenChange={(_, { open }) => ask(open)} modalType="alert">
        <DialogSurface>
          <DialogBody>
            <DialogTitle>
              Write {counted(writes, 'row')} in {environmentName(environment)}?
            </DialogTitle>
            <DialogContent>
              {sentence(report)} The rows are found anew; where there are more by then, nothing is changed.
              There is no undo.
            </DialogContent>
            <DialogActions>
              <DialogTrigger disableButtonEnhancement>
                <Button>Cancel</Button>
              </DialogTrigger>
              <Button
                appearance="primary"
                onClick={() => {
                  ask(false)
                  void writing.start(async () => ({ environment, text, maxRows: report.matched }))
                }}
              >
                Write
              </Button>
            </DialogActions>
          </DialogBody>
        </DialogSurface>
      </Dialog>
    </div>
  )
}

type Preview = Output<'sql.preview'>

function sentence({ matched, created, updated, deleted, unchanged, rejected }: Preview['report']): string {
  const counts = [
    [created, 'created'],
    [updated, 'updated'],
    [deleted, 'deleted'],
    [unchanged, 'unchanged'],
    [rejected, 'rejected'],
  ] as const
  const parts = counts.flatMap(([count, what]) =>
    count > 0 ? [`${count.toLocaleString('en')} ${what}`] : [],
  )
  return `${counted(matched, 'row')} found${parts.length > 0 ? `, ${parts.join(', ')}` : ''}.`
}

function Reasons({ rejects }: Pick<Preview, 'rejects'>) {
  const styles = useStyles()
  if (rejects.length === 0) return null
  return (
    <ul className={styles.reasons} aria-label="Rejected rows">
      {rejects.map(({ row, message }) => (
        <li key={row}>
          Row {row}: {message}
        </li>
      ))}
    </ul>
  )
}

const useStyles = makeStyles({
  panel: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, overflow: 'auto' },
  grid: { height: '320px' },
  reasons: { margin: 0, color: tokens.colorStatusDangerForeground1 },
  requests: {
    margin: 0,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    '& code': { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' },
    '& li': { marginBottom: tokens.spacingVerticalS },
  },
})
