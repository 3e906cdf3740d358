import { Dropdown, Field, Input, makeStyles, Option, Textarea } from '@fluentui/react-components'
import type { EnvironmentChoice } from '../../../server/environments.ts'
import type { Column } from '../explore/table.ts'
import { LookupField } from './lookup-field.tsx'
import { type Edits, type RowValues, shownText } from './use-row.ts'

interface RowFieldProps {
  readonly environment: EnvironmentChoice
  readonly column: Column
  readonly values: RowValues
  readonly edits: Edits
  /** Is it a new row? Then other columns may be written. */
  readonly isNew: boolean
  /** Why the value was not taken. */
  readonly problem: string | undefined
  readonly onEdit: (edits: Edits) => void
}

/** One column of a row, to be edited by what it holds. */
export function RowField(props: RowFieldProps) {
  const styles = useStyles()
  const { column, values, edits, isNew, problem } = props
  const { name, label, required } = column
  const writable = isWritable(column, isNew)
  const label1 = <span dir="auto">{label}</span>
  return (
    <Field
      label={{ children: label1 }}
      required={required && writable}
      hint={name in edits ? `${name} · changed` : writable ? name : `${name} · read only`}
      className={styles.field}
      {...(problem === undefined ? {} : { validationState: 'error', validationMessage: problem })}
    >
      {writable ? <Editor {...props} /> : <Input readOnly value={readOnlyText(column, values)} dir="auto" />}
    </Field>
  )
}

export function isWritable({ creatable, updatable, type }: Column, isNew: boolean): boolean {
  if (['file', 'image', 'partylist', 'guid', 'json'].includes(type)) return false
  return isNew ? creatable : updatable
}

function readOnlyText({ name }: Column, values: RowValues): string {
  return shownText(`${name}name`, values, {}) || shownText(name, values, {})
}

function Editor({ column, values, edits, environment, onEdit }: RowFieldProps) {
  const { name, type, choices, maxLength, targets, timeZoneIndependent, min, max } = column
  const value = shownText(name, values, edits)
  const edit = (text: string | null): void => onEdit({ [name]: text === '' ? null : text })
  if (targets)
    return (
      <LookupField column={column} values={values} edits={edits} environment={environment} onEdit={onEdit} />
    )
  if (choices) {
    const several = type === 'choices'
    const stored = type === 'boolean' ? booleanChoice(value) : value
    const selected = stored === '' ? [] : stored.split(',')
    return (
      <Dropdown
        multiselect={several}
        selectedOptions={selected}
        value={choices
          .filter((choice) => selected.includes(String(choice.value)))
          .map((choice) => choice.label)
          .join(', ')}
        onOptionSelect={(_, { selectedOptions }) => {
          const next = selectedOptions.filter((option) => option !== '')
          edit(type === 'boolean' ? ({ '0': 'false', '1': 'true' }[next[0] ?? ''] ?? '') : next.join(','))
        }}
      >
        {!several && type !== 'boolean' && (
          <Option value="" text="">
            (none)
          </Option>
        )}
        {choices.map((choice) => (
          <Option key={choice.value} value={String(choice.value)} text={choice.label}>
            {choice.label}
          </Option>
        ))}
      </Dropdown>
    )
  }
  if (type === 'memo')
    return (
      <Textarea
        dir="auto"
        rows={3}
        resize="vertical"
        value={value}
        onChange={(_, { value: text }) => edit(text)}
        {...(maxLength === undefined ? {} : { maxLength })}
      />
    )
  if (type === 'date')
    return <Input type="date" value={value.slice(0, 10)} onChange={(_, { value: text }) => edit(text)} />
  if (type === 'datetime')
    return (
      <Input
        type="datetime-local"
        step={1}
        value={value.slice(0, 19)}
        contentAfter={timeZoneIndependent ? null : 'UTC'}
        onChange={(_, { value: text }) =>
          edit(text === '' ? '' : `${text.padEnd(19, ':00')}${timeZoneIndependent ? '' : 'Z'}`)
        }
      />
    )
  const isNumber = ['integer', 'bigint', 'decimal', 'double', 'money'].includes(type)
  return (
    <Input
      dir="auto"
      value={value}
      inputMode={isNumber ? 'decimal' : 'text'}
      onChange={(_, { value: text }) => edit(text)}
      {...(isNumber && min !== undefined && max !== undefined ? { placeholder: `${min} to ${max}` } : {})}
      {...(maxLength === undefined ? {} : { maxLength })}
    />
  )
}

function booleanChoice(value: string): string {
  return value === 'true' ? '1' : value === 'false' ? '0' : ''
}

const useStyles = makeStyles({ field: { minWidth: 0 } })
