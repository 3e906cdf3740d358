import { Button, Field, makeStyles, Radio, RadioGroup, Textarea, tokens } from '@fluentui/react-components'
import { useState } from 'react'
import { CopyButton } from '../../app/copy-button.tsx'
import { ProblemBar } from '../../app/problem.tsx'
import { Section } from '../../app/section.tsx'
import { useStored } from '../../app/stored.ts'
import { call } from '../../server/call.ts'
import { useAction } from '../../server/hooks.ts'
import type { Draft } from './use-draft.ts'

/** The settings as one text, which builds itself, can be edited and flows back; secrets in it are hidden until asked for. */
export function ConnectionStringSection({ draft }: { readonly draft: Draft }) {
  const styles = useStyles()
  const [stored, setSpelling] = useStored('spelling', 'jdbc')
  const spelling = stored === 'plain' ? 'plain' : 'jdbc'
  const [edited, setEdited] = useState<string>()
  const parse = useAction('connect.parse')
  const shown = draft.view?.connectionString[spelling] ?? ''
  const reveal = async (): Promise<string> => {
    const { connectionString } = await call('connect.reveal', { draft: await draft.ready() })
    return connectionString[spelling]
  }
  const apply = async (): Promise<void> => {
    const { notes: _notes, ...loaded } = await parse.mutateAsync({
      draft: await draft.ready(),
      text: edited ?? '',
    })
    draft.take(loaded)
    setEdited(undefined)
  }
  const editing = edited !== undefined
  return (
    <Section
      title="Connection string"
      lead="Everything above as one text, for d365 --connection, for the library, or for the driver you come from. What is not set is left out."
    >
      <Field label="Spelling">
        <RadioGroup
          layout="horizontal"
          value={spelling}
          onChange={(_, { value }) => setSpelling(value)}
          disabled={editing}
        >
          <Radio value="jdbc" label="JDBC driver" />
          <Radio value="plain" label="Plain" />
        </RadioGroup>
      </Field>
      <Field
        label={editing ? 'Connection string, with its secrets' : 'Connection string, secrets hidden'}
        hint={editing ? 'Apply puts it into the fields above.' : null}
      >
        <Textarea
          className={styles.mono}
          value={edited ?? shown}
          readOnly={!editing}
          rows={5}
          resize="vertical"
          spellCheck={false}
          onChange={(_, { value }) => setEdited(value)}
        />
      </Field>
      {parse.isError && editing && <ProblemBar error={parse.error} />}
      <div className={styles.row}>
        {editing ? (
          <>
            <Button appearance="primary" onClick={() => void apply().catch(() => undefined)}>
              Apply
            </Button>
            <Button onClick={() => setEdited(undefined)}>Cancel</Button>
          </>
        ) : (
          <>
            <Button disabled={shown === ''} onClick={async () => setEdited(await reveal())}>
              Edit
            </Button>
            <CopyButton text={reveal} label="Copy with secrets" disabled={shown === ''} />
            <CopyButton text={shown} label="Copy as shown" disabled={shown === ''} appearance="subtle" />
          </>
        )}
      </div>
    </Section>
  )
}

const useStyles = makeStyles({
  mono: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
  row: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS },
})
