import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  DialogTrigger,
  Input,
  makeStyles,
  Spinner,
  Text,
  tokens,
} from '@fluentui/react-components'
import { DeleteRegular, SaveRegular, SearchRegular } from '@fluentui/react-icons'
import { useState } from 'react'
import type { EnvironmentChoice } from '../../../server/environments.ts'
import { useEnvironment } from '../../app/environment.tsx'
import { NoEnvironment } from '../../app/no-environment.tsx'
import { Page } from '../../app/page.tsx'
import { ProblemBar } from '../../app/problem.tsx'
import { goTo, linkTo, useRoute } from '../../app/router.ts'
import { call, type Output } from '../../server/call.ts'
import { useAction, useCall } from '../../server/hooks.ts'
import type { Column, Table } from '../explore/table.ts'
import { Conflict } from './conflict.tsx'
import { isWritable, RowField } from './row-field.tsx'
import { type Edits, type RowValues, shownText } from './use-row.ts'

/** One row: every column by what it holds, saved only where nobody changed it meanwhile. */
export default function RowPage() {
  const { environment } = useEnvironment()
  const { rest } = useRoute()
  const [name = '', id] = rest
  if (!environment) return <NoEnvironment title="Row" />
  return <RowOf key={`${name} ${id}`} environment={environment} name={name} id={id} />
}

interface RowOfProps {
  readonly environment: EnvironmentChoice
  readonly name: string
  readonly id: string | undefined
}

function RowOf({ environment, name, id }: RowOfProps) {
  const table = useCall('explore.table', { environment, table: name })
  const row = useCall(
    'row.read',
    { environment, table: name, id: id ?? '' },
    { enabled: id !== undefined, fresh: true },
  )
  const failed = table.error ?? row.error
  if (failed)
    return <ProblemBar error={failed} onRetry={() => Promise.all([table.refetch(), row.refetch()])} />
  if (!table.data || (id !== undefined && !row.data)) return <Spinner label="Reading the row" />
  return <RowForm environment={environment} table={table.data} id={id} read={row.data} />
}

interface RowFormProps {
  readonly environment: EnvironmentChoice
  readonly table: Table
  readonly id: string | undefined
  readonly read: Output<'row.read'> | undefined
}

const NEW: Output<'row.read'> = { etag: '', values: {} }

function RowForm({ environment, table, id, read = NEW }: RowFormProps) {
  const styles = useStyles()
  // The form stands on the row it was opened with, whatever is read again behind it.
  const [base, setBase] = useState(read)
  const [edits, setEdits] = useState<Edits>({})
  const [words, setWords] = useState('')
  const [theirs, setTheirs] = useState<Output<'row.read'>>()
  const [said, say] = useState<string>()
  const save = useAction('row.save', ['row.read'])
  const remove = useAction('row.delete')
  const isNew = id === undefined
  const rejected = save.data?.kind === 'rejected' ? save.data : undefined
  const end = (outcome: Output<'row.save'>): void => {
    if (outcome.kind === 'conflict') setTheirs(outcome)
    else if (outcome.kind === 'gone') say('Somebody else deleted this row. Nothing was saved.')
  }
  const saveRow = async (etag = base.etag): Promise<void> => {
    say(undefined)
    const outcome = await save.mutateAsync({
      environment,
      table: table.name,
      values: { ...edits },
      ...(isNew ? {} : { id, etag }),
    })
    end(outcome)
    if (outcome.kind !== 'saved' || outcome.id === undefined) return
    if (isNew) return goTo('row', [table.name, outcome.id])
    setTheirs(undefined)
    setBase(await fresh(environment, table.name, outcome.id))
    setEdits({})
    say('Saved.')
  }
  const title =
    shownText(table.primaryName ?? '', base.values, edits) || (isNew ? `New ${table.label}` : table.label)
  const changed = Object.keys(edits).length > 0
  return (
    <Page
      title={title}
      lead={
        <>
          <a href={linkTo('explore', [table.name])}>{table.pluralLabel || table.label}</a> {id}
        </>
      }
      actions={
        <div className={styles.row}>
          <Button
            appearance="primary"
            icon={<SaveRegular />}
            disabled={!changed || save.isPending}
            onClick={() => saveRow()}
          >
            {isNew ? 'Create' : 'Save'}
          </Button>
          <Button disabled={!changed} onClick={() => setEdits({})}>
            Undo
          </Button>
          {!isNew && (
            <DeleteButton
              onDelete={async () => {
                const outcome = await remove.mutateAsync({
                  environment,
                  table: table.name,
                  id,
                  etag: base.etag,
                })
                if (outcome.kind === 'saved') goTo('explore', [table.name])
                else if (outcome.kind === 'rejected') say(outcome.message)
                else end(outcome)
              }}
            />
          )}
        </div>
      }
    >
      {said !== undefined && <Text role="status">{said}</Text>}
      {(save.isError || remove.isError) && <ProblemBar error={save.error ?? remove.error} />}
      {rejected && (
        <Text role="alert" className={styles.rejected}>
          Not saved: {rejected.message}
        </Text>
      )}
      {theirs && (
        <Conflict
          table={table}
          before={base.values}
          theirs={theirs.values}
          edits={edits}
          onKeepMine={() => {
            setBase(theirs)
            setTheirs(undefined)
            void saveRow(theirs.etag)
          }}
          onTakeTheirs={() => {
            setBase(theirs)
            setTheirs(undefined)
            setEdits({})
          }}
        />
      )}
      <Input
        className={styles.search}
        aria-label="Search the columns of the row"
        placeholder="Search columns"
        contentBefore={<SearchRegular />}
        value={words}
        onChange={(_, { value }) => setWords(value)}
      />
      <form
        className={styles.form}
        aria-label={title}
        onSubmit={(event) => {
          event.preventDefault()
          if (changed) void saveRow()
        }}
      >
        {shownColumns(table, { values: base.values, edits, isNew, words }).map((column) => (
          <RowField
            key={column.name}
            environment={environment}
            column={column}
            values={base.values}
            edits={edits}
            isNew={isNew}
            problem={rejected?.column === column.name ? rejected.message : undefined}
            onEdit={(more) => setEdits((old) => changedOnly({ ...old, ...more }, base.values))}
          />
        ))}
      </form>
    </Page>
  )
}

interface Shown {
  readonly values: RowValues
  readonly edits: Edits
  readonly isNew: boolean
  readonly words: string
}

/** Without a search: what can be written or holds something; required columns and filled ones first. */
function shownColumns(table: Table, { values, edits, isNew, words }: Shown): readonly Column[] {
  const wanted = words.trim().toLowerCase()
  const filled = ({ name }: Column): boolean => shownText(name, values, edits) !== ''
  const rank = (column: Column): number => {
    if (column.name === table.primaryName) return 0
    const writable = isWritable(column, isNew)
    if (column.required && writable) return 1
    return writable ? (filled(column) ? 2 : 3) : 4
  }
  return table.columns
    .filter((column) => column.readable && column.type !== 'partylist')
    .filter(({ name, label }) => wanted === '' || `${name} ${label}`.toLowerCase().includes(wanted))
    .filter((column) => wanted !== '' || isWritable(column, isNew) || (!isNew && filled(column)))
    .map((column, at) => ({ column, at }))
    .sort((a, b) => rank(a.column) - rank(b.column) || a.at - b.at)
    .map(({ column }) => column)
}

/** Values that were put back to what is stored are no changes. */
function changedOnly(edits: Edits, values: RowValues): Edits {
  return Object.fromEntries(
    Object.entries(edits).filter(([name, text]) => (text ?? '') !== shownText(name, values, {})),
  )
}

async function fresh(environment: EnvironmentChoice, table: string, id: string) {
  return call('row.read', { environment, table, id })
}

function DeleteButton({ onDelete }: { readonly onDelete: () => Promise<void> }) {
  return (
    <Dialog modalType="alert">
      <DialogTrigger disableButtonEnhancement>
        <Button icon={<DeleteRegular />}>Delete …</Button>
      </DialogTrigger>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Delete this row?</DialogTitle>
          <DialogContent>
            It is deleted in Dynamics, with whatever is deleted along with it. There is no undo.
          </DialogContent>
          <DialogActions>
            <DialogTrigger disableButtonEnhancement>
              <Button>Cancel</Button>
            </DialogTrigger>
            <DialogTrigger disableButtonEnhancement>
              <Button appearance="primary" onClick={() => void onDelete()}>
                Delete
              </Button>
            </DialogTrigger>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}

const useStyles = makeStyles({
  row: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS },
  search: { maxWidth: '320px' },
  form: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fill, minmax(min(300px, 100%), 1fr))',
    gap: tokens.spacingHorizontalL,
    alignItems: 'start',
  },
  rejected: { color: tokens.colorStatusDangerForeground1 },
})
