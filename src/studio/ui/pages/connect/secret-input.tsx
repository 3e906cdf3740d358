import { Button, Input, makeStyles, tokens } from '@fluentui/react-components'
import { EyeOffRegular, EyeRegular } from '@fluentui/react-icons'
import { useState } from 'react'
import type { SecretField } from '../../../server/connect-form.ts'
import { call } from '../../server/call.ts'
import { FIELD_WORDS } from './fields.ts'
import type { Draft } from './use-draft.ts'

interface SecretInputProps {
  readonly draft: Draft
  readonly field: SecretField
}

/**
 * A secret: hidden while it is typed, and known to the server alone once the page is loaded again or a sign-in
 * brought it. Edit asks the server for it.
 */
export function SecretInput({ draft, field, ...control }: SecretInputProps) {
  const styles = useStyles()
  const [shown, setShown] = useState(false)
  const { form, view, change, ready } = draft
  const value = form[field]
  const { label } = FIELD_WORDS[field]
  const reveal = async (): Promise<void> => {
    const { secrets } = await call('connect.reveal', { draft: await ready() })
    change({ [field]: secrets[field] ?? '' })
    setShown(true)
  }
  if (value === null)
    return (
      <div className={styles.row}>
        <Input
          {...control}
          className={styles.input}
          readOnly
          value={view?.masked[field] ?? '••••'}
          aria-label={`${label}, hidden`}
        />
        <Button onClick={reveal} aria-label={`Edit ${label}`}>
          Edit
        </Button>
        <Button onClick={() => change({ [field]: '' })} aria-label={`Clear ${label}`}>
          Clear
        </Button>
      </div>
    )
  return (
    <Input
      {...control}
      type={shown ? 'text' : 'password'}
      value={value}
      autoComplete="off"
      spellCheck={false}
      onChange={(_, { value: typed }) => change({ [field]: typed })}
      contentAfter={
        <Button
          size="small"
          appearance="transparent"
          icon={shown ? <EyeOffRegular /> : <EyeRegular />}
          aria-label={shown ? `Hide ${label}` : `Show ${label}`}
          onClick={() => setShown(!shown)}
        />
      }
    />
  )
}

const useStyles = makeStyles({
  row: { display: 'flex', gap: tokens.spacingHorizontalS },
  input: { flexGrow: 1, minWidth: 0, fontFamily: tokens.fontFamilyMonospace },
})
