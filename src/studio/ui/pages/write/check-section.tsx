import { Button, makeStyles, Spinner, Text, tokens } from '@fluentui/react-components'
import { counted } from '../../app/counted.ts'
import { ProblemBar } from '../../app/problem.tsx'
import { Section } from '../../app/section.tsx'
import type { GridColumn } from '../../grid/columns.ts'
import { DataGrid } from '../../grid/data-grid.tsx'
import { useEvents } from '../../server/use-events.ts'
import { outcomeText } from './outcome-text.ts'
import type { CheckDone, Writing } from './writing.ts'

interface CheckSectionProps {
  readonly writing: Writing
  readonly onChecked: (done: CheckDone | undefined) => void
}

/** Every row looked at before any is sent: what would change, old and new side by side, and what does not fit. */
export function CheckSection({ writing, onChecked }: CheckSectionProps) {
  const styles = useStyles()
  const check = useEvents('write.check', (event) => event.kind === 'done' && onChecked(event))
  const done = check.events.findLast((event): event is CheckDone => event.kind === 'done')
  const ended = check.events.findLast((event) => event.kind === 'progress')
  return (
    <Section
      title="4. Check"
      lead="Every row is checked against the metadata and compared with what is there. Nothing is written."
    >
      <div className={styles.row}>
        <Button
          disabled={check.running}
          onClick={() => {
            onChecked(undefined)
            void check.start(async () => writing)
          }}
        >
          Check all rows
        </Button>
        {check.running && (
          <>
            <Spinner
              size="tiny"
              labelPosition="after"
              label={`Checking … ${ended?.kind === 'progress' ? counted(ended.ended, 'row') : ''}`}
            />
            <Button onClick={check.stop}>Cancel</Button>
          </>
        )}
      </div>
      {check.problem !== undefined && <ProblemBar error={check.problem} />}
      {done && (
        <>
          <Text role="status" weight="semibold">
            It would be: {outcomeText(done.report)}.
          </Text>
          {done.report.notices.map((notice) => (
            <Text key={notice}>{notice}</Text>
          ))}
          {done.rejects.length > 0 && (
            <DataGrid
              label="Rows that do not fit"
              className={styles.grid}
              columns={REJECTS}
              rows={done.rejects}
            />
          )}
          {done.changes.length > 0 && (
            <DataGrid
              label="What would change"
              className={styles.grid}
              columns={CHANGES}
              rows={done.changes}
            />
          )}
        </>
      )}
    </Section>
  )
}

const CHANGES: readonly GridColumn<CheckDone['changes'][number]>[] = [
  { id: 'row', title: 'Row', width: 80, align: 'end', text: ({ row }) => String(row) },
  { id: 'action', title: 'Would be', width: 110, text: ({ action }) => action },
  { id: 'column', title: 'Column', width: 200, text: ({ column }) => column },
  { id: 'from', title: 'Old value', width: 260, text: ({ from }) => from ?? '' },
  { id: 'to', title: 'New value', width: 260, text: ({ to }) => to ?? '' },
  { id: 'id', title: 'Id', width: 300, text: ({ id }) => id ?? '' },
]

const REJECTS: readonly GridColumn<CheckDone['rejects'][number]>[] = [
  { id: 'row', title: 'Row', width: 80, align: 'end', text: ({ row }) => String(row) },
  { id: 'why', title: 'Why it does not fit', width: 520, text: ({ message }) => message },
  { id: 'values', title: 'Row as it is', width: 420, text: ({ values }) => JSON.stringify(values) },
]

const useStyles = makeStyles({
  row: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'center' },
  grid: { height: '280px' },
})
