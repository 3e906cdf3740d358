import { Button, Field, Input, makeStyles, Select, Textarea, tokens } from '@fluentui/react-components'
import type { ReactNode } from 'react'
import { FIELD_WORDS, isSecretField, type SettingsFieldName } from './fields.ts'
import { SecretInput } from './secret-input.tsx'
import type { Draft } from './use-draft.ts'

interface SettingsFieldProps {
  readonly draft: Draft
  readonly field: SettingsFieldName
  readonly required?: boolean
  /** What was found and counts while the field is empty. */
  readonly found?: string | undefined
  /** More below the field, e.g. that the environment was found. */
  readonly children?: ReactNode
}

/** One field of the form: checked while typing, with the rule it breaks and a button where there is one right value. */
export function SettingsField({ draft, field, required = false, found, children }: SettingsFieldProps) {
  const styles = useStyles()
  const { form, view, change } = draft
  const { label, placeholder, hint } = FIELD_WORDS[field]
  const value = form[field]
  // An empty field is not yet wrong: what it needs is said as a hint.
  const finding = value === '' ? undefined : view?.findings.find((one) => one.field === findingField(field))
  const message = finding && (
    <span>
      {finding.message} {finding.hint}
      {finding.fix !== undefined && finding.fix !== value && (
        <Button
          size="small"
          className={styles.fix}
          onClick={() => change({ [field]: finding.fix })}
          aria-label={`Fix ${label}: use ${finding.fix}`}
        >
          Fix: use <span className={styles.value}>{finding.fix}</span>
        </Button>
      )}
    </span>
  )
  return (
    <div className={styles.field}>
      <Field
        label={label}
        required={required}
        hint={message === undefined ? (found !== undefined && value === '' ? FOUND : (hint ?? null)) : null}
        {...(message ? { validationMessage: message, validationState: finding?.severity ?? 'none' } : {})}
      >
        {inputOf()}
      </Field>
      {children}
    </div>
  )

  function inputOf() {
    if (isSecretField(field)) return <SecretInput draft={draft} field={field} />
    if (field === 'thumbprint')
      return (
        <Select
          value={form.thumbprint}
          onChange={(_, { value: chosen }) =>
            change({ thumbprint: chosen === 'sha1' ? 'sha1' : chosen === 'sha256' ? 'sha256' : '' })
          }
        >
          <option value="">SHA-256 (usual)</option>
          <option value="sha1">SHA-1</option>
        </Select>
      )
    const text = value ?? ''
    const shared = {
      value: text,
      placeholder: found ?? placeholder ?? '',
      onChange: (_: unknown, { value: typed }: { readonly value: string }) => change({ [field]: typed }),
    }
    if (field === 'tokenUri' || field === 'authUri' || field === 'scope')
      return (
        <Textarea
          {...shared}
          rows={text.length > 60 || (found ?? '').length > 60 ? 2 : 1}
          spellCheck={false}
        />
      )
    return <Input {...shared} autoComplete="off" spellCheck={false} />
  }
}

const FOUND = 'Found from the Service URL; leave it empty to keep it so.'

/** The check speaks of the certificate as one thing. */
function findingField(field: SettingsFieldName): string {
  return field === 'certificatePath' || field === 'certificatePassword' || field === 'thumbprint'
    ? 'certificate'
    : field
}

const useStyles = makeStyles({
  field: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalXS, minWidth: 0 },
  fix: { marginLeft: tokens.spacingHorizontalXS, maxWidth: '100%', whiteSpace: 'normal', height: 'auto' },
  value: { overflowWrap: 'anywhere', fontFamily: tokens.fontFamilyMonospace, marginLeft: '4px' },
})
