import {
  Button,
  Field,
  Input,
  makeStyles,
  Popover,
  PopoverSurface,
  PopoverTrigger,
  Text,
  tokens,
} from '@fluentui/react-components'
import { DeleteRegular, HistoryRegular, SaveRegular, StarRegular } from '@fluentui/react-icons'
import { useState } from 'react'
import type { EnvironmentChoice } from '../../../server/environments.ts'
import { momentText } from '../../app/moment.ts'
import { ProblemBar } from '../../app/problem.tsx'
import { useAction, useCall } from '../../server/hooks.ts'

interface KeptQueriesProps {
  readonly text: string
  readonly environment: EnvironmentChoice
  /** Takes a statement, and goes to the system and credential it runs with. */
  readonly onTake: (query: Taken) => void
}

export interface Taken {
  readonly text: string
  readonly system?: string
  readonly credential?: string
}

/** Statements that were saved under a name, and those that ran, each with whom it runs as. */
export function KeptQueries({ text, environment, onTake }: KeptQueriesProps) {
  const styles = useStyles()
  const kept = useCall('sql.kept', {}, { fresh: true })
  const [open, setOpen] = useState<'saved' | 'history'>()
  const take = (query: Taken): void => {
    setOpen(undefined)
    onTake(query)
  }
  return (
    <>
      <SaveQuery text={text} environment={environment} />
      <Popover
        open={open === 'saved'}
        onOpenChange={(_, { open: is }) => setOpen(is ? 'saved' : undefined)}
        trapFocus
      >
        <PopoverTrigger disableButtonEnhancement>
          <Button icon={<StarRegular />}>Saved</Button>
        </PopoverTrigger>
        <PopoverSurface className={styles.list} aria-label="Saved queries">
          {kept.isError && <ProblemBar error={kept.error} />}
          {kept.data?.saved.length === 0 && <Text>Nothing is saved yet.</Text>}
          {kept.data?.saved.map((query) => (
            <SavedQuery key={query.name} query={query} onTake={take} />
          ))}
        </PopoverSurface>
      </Popover>
      <Popover
        open={open === 'history'}
        onOpenChange={(_, { open: is }) => {
          setOpen(is ? 'history' : undefined)
          if (is) void kept.refetch()
        }}
        trapFocus
      >
        <PopoverTrigger disableButtonEnhancement>
          <Button icon={<HistoryRegular />}>History</Button>
        </PopoverTrigger>
        <PopoverSurface className={styles.list} aria-label="Statements that ran">
          {kept.data?.history.length === 0 && <Text>Nothing ran yet.</Text>}
          {kept.data?.history.map((query) => (
            <Button
              key={`${query.at}`}
              appearance="subtle"
              className={styles.entry}
              onClick={() => take(query)}
            >
              <span className={styles.words}>
                <code className={styles.text}>{query.text}</code>
                <Text size={200}>
                  {momentText(query.at)}
                  {placeText(query)}
                </Text>
              </span>
            </Button>
          ))}
        </PopoverSurface>
      </Popover>
    </>
  )
}

function SavedQuery({
  query,
  onTake,
}: {
  readonly query: Taken & { readonly name: string }
  readonly onTake: KeptQueriesProps['onTake']
}) {
  const styles = useStyles()
  const forget = useAction('sql.forget', ['sql.kept'])
  return (
    <div className={styles.saved}>
      <Button appearance="subtle" className={styles.entry} onClick={() => onTake(query)}>
        <span className={styles.words}>
          <Text weight="semibold">{query.name}</Text>
          <code className={styles.text}>{query.text}</code>
          <Text size={200}>{placeText(query)}</Text>
        </span>
      </Button>
      <Button
        appearance="subtle"
        icon={<DeleteRegular />}
        aria-label={`Forget ${query.name}`}
        onClick={() => forget.mutate({ name: query.name })}
      />
    </div>
  )
}

function SaveQuery({ text, environment }: Pick<KeptQueriesProps, 'text' | 'environment'>) {
  const styles = useStyles()
  const [open, setOpen] = useState(false)
  const [name, setName] = useState('')
  const save = useAction('sql.save', ['sql.kept'])
  const run = async (): Promise<void> => {
    await save.mutateAsync({ name, text, environment })
    setOpen(false)
  }
  return (
    <Popover open={open} onOpenChange={(_, { open: is }) => setOpen(is)} trapFocus>
      <PopoverTrigger disableButtonEnhancement>
        <Button icon={<SaveRegular />} disabled={text.trim() === ''}>
          Save
        </Button>
      </PopoverTrigger>
      <PopoverSurface className={styles.form} aria-label="Save the query">
        <Field label="Name" hint="Under the name of a saved query it takes its place.">
          <Input value={name} onChange={(_, { value }) => setName(value)} />
        </Field>
        {save.isError && <ProblemBar error={save.error} />}
        <Button appearance="primary" disabled={name.trim() === ''} onClick={run}>
          Save query
        </Button>
      </PopoverSurface>
    </Popover>
  )
}

function placeText({ system, credential }: Omit<Taken, 'text'>): string {
  return system === undefined ? '' : ` · ${[system, credential].filter(Boolean).join(' · ')}`
}

const useStyles = makeStyles({
  list: {
    display: 'flex',
    flexDirection: 'column',
    maxHeight: '60vh',
    overflowY: 'auto',
    width: 'min(560px, 88vw)',
  },
  form: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalM,
    width: 'min(320px, 80vw)',
  },
  saved: { display: 'flex', alignItems: 'start' },
  entry: { justifyContent: 'start', flexGrow: 1, minWidth: 0, textAlign: 'start' },
  words: { display: 'flex', flexDirection: 'column', minWidth: 0 },
  text: {
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    fontWeight: tokens.fontWeightRegular,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
  },
})
