import { Field, makeStyles, Radio, RadioGroup, tokens } from '@fluentui/react-components'
import type { Output } from '../../server/call.ts'
import { SettingsField } from './settings-field.tsx'
import type { Draft } from './use-draft.ts'

export type Discovered = Output<'connect.discover'>

/** Auth URI, Token URI and Scope: found by themselves, shown, and switched between the two versions of Entra ID. */
export function Addresses({
  draft,
  found,
}: {
  readonly draft: Draft
  readonly found: Discovered | undefined
}) {
  const styles = useStyles()
  const { form, view, change } = draft
  const version = view?.version
  const choose = (value: string): void => {
    if (value === 'auto') change({ authUri: '', tokenUri: '' })
    else if (found) change({ ...(value === '1' ? { ...found.v1, scope: '' } : found.v2) })
  }
  const byHand = form.authUri !== '' || form.tokenUri !== ''
  return (
    <div className={styles.fields}>
      <Field
        label="Version of the sign-in addresses"
        hint={
          version === 1
            ? 'Version 1 (/oauth2/token) names the service as resource, and ignores Scope.'
            : 'Version 2 (/oauth2/v2.0/token) is what Microsoft recommends.'
        }
      >
        <RadioGroup
          layout="horizontal"
          value={byHand ? String(version ?? '') : 'auto'}
          onChange={(_, { value }) => choose(value)}
          className={styles.radios}
        >
          <Radio value="auto" label="Found by itself" />
          <Radio value="2" label="v2, written out" disabled={!found} />
          <Radio value="1" label="v1, written out" disabled={!found} />
        </RadioGroup>
      </Field>
      <SettingsField draft={draft} field="authUri" found={found?.v2.authUri} />
      <SettingsField draft={draft} field="tokenUri" found={found?.v2.tokenUri} />
      <SettingsField draft={draft} field="scope" found={version === 1 ? undefined : found?.scope} />
      <SettingsField draft={draft} field="tenant" found={found?.tenant} />
    </div>
  )
}

const useStyles = makeStyles({
  fields: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  radios: { flexWrap: 'wrap' },
})
