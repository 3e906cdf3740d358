import { Button, Field, makeStyles, Tab, TabList, Text, Textarea, tokens } from '@fluentui/react-components'
import { useState } from 'react'
import { ProblemBar } from '../../app/problem.tsx'
import { Section } from '../../app/section.tsx'
import type { Output } from '../../server/call.ts'
import { useAction, useCall } from '../../server/hooks.ts'
import type { Draft } from './use-draft.ts'

export type Sandbox = Output<'connect.sandbox'>

interface StartSectionProps {
  readonly draft: Draft
  readonly onSandbox: (sandbox: Sandbox) => void
}

/** The three ways in: an address, a connection string, or the sandbox. */
export function StartSection({ draft, onSandbox }: StartSectionProps) {
  const styles = useStyles()
  const [way, setWay] = useState('url')
  const hasSandbox = useCall('session.check', {}).data?.hasSandbox ?? false
  return (
    <Section title="Where do you start?">
      <TabList
        selectedValue={way}
        onTabSelect={(_, { value }) => setWay(String(value))}
        className={styles.tabs}
        aria-label="Ways to start"
      >
        <Tab value="url">I have a Service URL</Tab>
        <Tab value="string">I have a connection string</Tab>
        {hasSandbox && <Tab value="sandbox">Try the sandbox</Tab>}
      </TabList>
      {way === 'url' && (
        <Text>
          Fill in the fields below, from the top. The Service URL is enough to find the tenant and the sign-in
          addresses; the steps beside the form say where everything else comes from.
        </Text>
      )}
      {way === 'string' && <PasteString draft={draft} />}
      {way === 'sandbox' && <StartSandbox draft={draft} onSandbox={onSandbox} />}
    </Section>
  )
}

function PasteString({ draft }: { readonly draft: Draft }) {
  const styles = useStyles()
  const [text, setText] = useState('')
  const [notes, setNotes] = useState<readonly string[]>([])
  const parse = useAction('connect.parse')
  const read = async (): Promise<void> => {
    const { notes: told, ...loaded } = await parse.mutateAsync({ text })
    setNotes(told)
    draft.take(loaded)
    setText('')
  }
  return (
    <div className={styles.stack}>
      <Field
        label="Connection string to read"
        hint="In the spelling of the JDBC driver (jdbc:datadirect:dynamics365:…) or the plain one (ServiceURL=…;ClientID=…)."
      >
        <Textarea
          value={text}
          rows={3}
          spellCheck={false}
          className={styles.mono}
          onChange={(_, { value }) => setText(value)}
        />
      </Field>
      {parse.isError && <ProblemBar error={parse.error} />}
      {notes.map((note) => (
        <Text key={note}>{note}</Text>
      ))}
      {parse.isSuccess && text === '' && <Text role="status">Read. The fields below say what it says.</Text>}
      <div>
        <Button
          appearance="primary"
          disabled={text.trim() === ''}
          onClick={() => void read().catch(() => undefined)}
        >
          Read into the fields
        </Button>
      </div>
    </div>
  )
}

function StartSandbox({ draft, onSandbox }: StartSectionProps) {
  const styles = useStyles()
  const start = useAction('connect.sandbox')
  const begin = async (): Promise<void> => {
    const sandbox = await start.mutateAsync({})
    onSandbox(sandbox)
    draft.take(sandbox)
  }
  return (
    <div className={styles.stack}>
      <Text>
        A Dynamics 365 environment and its sign-in, on this machine: with accounts, contacts and orders to
        look at, and nothing to break. Nothing of it leaves this machine; it ends with the studio.
      </Text>
      {start.isError && <ProblemBar error={start.error} />}
      {start.isSuccess && (
        <Text role="status">
          It runs at {start.data.serviceUrl}. The fields are filled in: press <b>Test connection</b>.
        </Text>
      )}
      <div>
        <Button
          appearance="primary"
          disabled={start.isPending}
          onClick={() => void begin().catch(() => undefined)}
        >
          Start the sandbox
        </Button>
      </div>
    </div>
  )
}

const useStyles = makeStyles({
  tabs: {
    flexWrap: 'wrap',
    marginLeft: '-10px',
    '@media (max-width: 560px)': { flexDirection: 'column', alignItems: 'start' },
  },
  stack: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  mono: { fontFamily: tokens.fontFamilyMonospace },
})
