import { Button, Checkbox, Field, Input, makeStyles, Text, tokens } from '@fluentui/react-components'
import { useState } from 'react'
import { useEnvironment } from '../../app/environment.tsx'
import { ProblemBar } from '../../app/problem.tsx'
import { linkTo } from '../../app/router.ts'
import { Section } from '../../app/section.tsx'
import { useAction, useCall } from '../../server/hooks.ts'
import type { Draft } from './use-draft.ts'

interface SaveSectionProps {
  readonly draft: Draft
  /** The names it was loaded from, where it was saved before. */
  readonly from: { readonly system: string; readonly credential?: string } | undefined
}

/** Nothing is kept until here: the environment and the way to sign in get names. */
export function SaveSection({ draft, from }: SaveSectionProps) {
  const styles = useStyles()
  const saved = useCall('systems.list', {})
  const { choose } = useEnvironment()
  const save = useAction('connect.save', ['systems.list'])
  const [system, setSystem] = useState<string>()
  const [credential, setCredential] = useState<string>()
  const [asDefault, setAsDefault] = useState(false)
  const systemName = system ?? from?.system ?? nameIn(draft.form.serviceUrl)
  const credentialName = credential ?? from?.credential ?? (draft.form.grant === 'browser' ? 'me' : 'robot')
  const known = saved.data?.systems.find(({ name }) => name.toLowerCase() === systemName.toLowerCase())
  const knownCredential = known?.credentials.some(
    ({ name }) => name.toLowerCase() === credentialName.toLowerCase(),
  )
  const keep = async (): Promise<void> => {
    const id = await draft.ready()
    choose(
      await save.mutateAsync({
        draft: id,
        system: systemName,
        credential: credentialName,
        makeDefault: asDefault,
      }),
    )
  }
  return (
    <Section
      title="Save"
      lead={`Until you save, everything stays in memory and is gone when the studio ends. ${saved.data?.protection ?? ''}`}
    >
      <div className={styles.names}>
        <Field
          label="Name of the external system"
          required
          hint={known ? 'There is one of this name: it gets these settings.' : 'Where: the environment.'}
        >
          <Input value={systemName} onChange={(_, { value }) => setSystem(value)} />
        </Field>
        <Field
          label="Name of the credential"
          required
          hint={
            knownCredential
              ? 'There is one of this name: it gets these settings.'
              : 'Who: this way to sign in.'
          }
        >
          <Input value={credentialName} onChange={(_, { value }) => setCredential(value)} />
        </Field>
      </div>
      <Checkbox
        label="Use it where nothing else is chosen"
        checked={asDefault}
        onChange={(_, { checked }) => setAsDefault(checked === true)}
      />
      {save.isError && <ProblemBar error={save.error} />}
      <div className={styles.row}>
        <Button
          appearance="primary"
          disabled={
            save.isPending ||
            draft.view === undefined ||
            systemName.trim() === '' ||
            credentialName.trim() === ''
          }
          onClick={() => void keep().catch(() => undefined)}
        >
          {knownCredential ? 'Save changes' : 'Save'}
        </Button>
        {save.isSuccess && (
          <Text role="status">
            Saved. <a href={linkTo('systems')}>See all systems</a>
          </Text>
        )}
      </div>
    </Section>
  )
}

/** `https://contoso.crm.dynamics.com` is `contoso` to its people. */
function nameIn(serviceUrl: string): string {
  const host = /^(?:https?:\/\/)?([^/:?#]+)/i.exec(serviceUrl.trim())?.[1] ?? ''
  return /^(localhost|127\.)/.test(host) ? 'sandbox' : (host.split('.')[0] ?? '')
}

const useStyles = makeStyles({
  names: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(220px, 1fr))',
    gap: tokens.spacingHorizontalL,
  },
  row: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: tokens.spacingHorizontalM },
})
