import {
  Button,
  Combobox,
  Dropdown,
  Field,
  Input,
  makeStyles,
  Option,
  tokens,
} from '@fluentui/react-components'
import { AddRegular, DismissRegular } from '@fluentui/react-icons'
import { useState } from 'react'
import type { BrowsingFilter } from '../../../server/browse.ts'
import type { Table } from './table.ts'

interface FiltersProps {
  readonly table: Table
  readonly filters: readonly BrowsingFilter[]
  readonly onChange: (filters: readonly BrowsingFilter[]) => void
}

const OPERATORS: readonly BrowsingFilter['operator'][] = [
  'contains',
  'is',
  'is not',
  'at least',
  'at most',
  'is empty',
  'is not empty',
]

/** Conditions that all hold, each a column, a comparison and a value in the words people see. */
export function Filters({ table, filters, onChange }: FiltersProps) {
  const styles = useStyles()
  const [column, setColumn] = useState(table.primaryName ?? table.primaryKey)
  const [words, setWords] = useState<string>()
  const [operator, setOperator] = useState<BrowsingFilter['operator']>('contains')
  const [value, setValue] = useState('')
  const needsValue = !operator.endsWith('empty')
  const chosen = table.columns.find(({ name }) => name === column)
  const add = (): void => {
    onChange([...filters, { column, operator, value: needsValue ? value : '' }])
    setValue('')
  }
  const wanted = (words ?? '').toLowerCase()
  const offered = table.columns
    .filter(({ readable, name, label }) => readable && `${name} ${label}`.toLowerCase().includes(wanted))
    .slice(0, MOST_OFFERED)
  return (
    <form
      aria-label="Filter"
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        add()
      }}
    >
      <Field label="Column">
        <Combobox
          className={styles.column}
          expandIcon={null}
          value={words ?? chosen?.label ?? column}
          selectedOptions={[column]}
          onChange={({ target }) => setWords(target.value)}
          onBlur={() => setWords(undefined)}
          onOptionSelect={(_, { optionValue }) => {
            if (optionValue !== undefined) setColumn(optionValue)
            setWords(undefined)
          }}
        >
          {offered.map(({ name, label }) => (
            <Option key={name} value={name} text={label}>
              {label} ({name})
            </Option>
          ))}
        </Combobox>
      </Field>
      <Field label="Comparison">
        <Dropdown
          className={styles.operator}
          value={operator}
          selectedOptions={[operator]}
          onOptionSelect={(_, { optionValue }) =>
            setOperator(OPERATORS.find((one) => one === optionValue) ?? 'contains')
          }
        >
          {OPERATORS.map((one) => (
            <Option key={one} value={one}>
              {one}
            </Option>
          ))}
        </Dropdown>
      </Field>
      {needsValue && (
        <Field label="Value">
          <Input value={value} onChange={(_, { value: text }) => setValue(text)} dir="auto" />
        </Field>
      )}
      <Button type="submit" icon={<AddRegular />} disabled={needsValue && value === ''}>
        Add filter
      </Button>
      {filters.map((filter, at) => (
        <Button
          // biome-ignore lint/suspicious/noArrayIndexKey: two filters may be the same.
          key={at}
          appearance="secondary"
          shape="circular"
          icon={<DismissRegular />}
          iconPosition="after"
          aria-label={`Remove the filter ${wordsOf(filter, table)}`}
          onClick={() => onChange(filters.filter((_, other) => other !== at))}
        >
          <span dir="auto">{wordsOf(filter, table)}</span>
        </Button>
      ))}
    </form>
  )
}

/** More are found by typing. */
const MOST_OFFERED = 100

function wordsOf({ column, operator, value }: BrowsingFilter, { columns }: Table): string {
  const label = columns.find(({ name }) => name === column)?.label ?? column
  return `${label} ${operator}${value === '' ? '' : ` ${value}`}`
}

const useStyles = makeStyles({
  form: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS, alignItems: 'end' },
  column: { minWidth: '180px', width: '200px' },
  operator: { minWidth: '120px' },
})
