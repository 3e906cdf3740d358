import { Combobox, makeStyles, Option, Text, tokens } from '@fluentui/react-components'
import { useState } from 'react'
import { counted } from '../../app/counted.ts'
import { Section } from '../../app/section.tsx'
import { printValue, type ResultValue } from '../../grid/result-grid.tsx'
import type { Table } from '../explore/table.ts'
import type { Looked } from './writing.ts'

interface MappingSectionProps {
  readonly table: Table
  readonly looked: Looked
  readonly map: Readonly<Record<string, string | null>>
  readonly onChange: (map: Readonly<Record<string, string | null>>) => void
}

/** Which column of the input goes into which of the table, with what the first rows hold. */
export function MappingSection({ table, looked, map, onChange }: MappingSectionProps) {
  const styles = useStyles()
  const left = looked.columns.filter((name) => map[name] === null).length
  return (
    <Section
      title="3. Columns"
      lead={`${counted(looked.columns.length, 'column')} in the input${left > 0 ? `, ${left} of them left out` : ''}. A lookup is set by id, or by a column of its row: parentcustomerid.accountnumber.`}
    >
      <div className={styles.scroller}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">In the input</th>
              <th scope="col">First rows</th>
              <th scope="col">In {table.name}</th>
            </tr>
          </thead>
          <tbody>
            {looked.columns.map((name) => (
              <tr key={name}>
                <th scope="row" dir="auto">
                  {name}
                </th>
                <td className={styles.samples} dir="auto">
                  {looked.samples
                    .slice(0, 3)
                    .map((values) => printValue(printable(values[name])))
                    .filter((text) => text !== '')
                    .join(' · ')}
                </td>
                <td>
                  <ColumnPicker
                    input={name}
                    table={table}
                    chosen={map[name] ?? null}
                    onChange={(to) => onChange({ ...map, [name]: to })}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {looked.columns.length === 0 && <Text>The input has no rows.</Text>}
    </Section>
  )
}

function printable(value: unknown): ResultValue {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  return value === null || value === undefined ? null : JSON.stringify(value)
}

const LEFT_OUT = '(leave out)'
const MOST_OFFERED = 60

interface ColumnPickerProps {
  readonly input: string
  readonly table: Table
  readonly chosen: string | null
  readonly onChange: (to: string | null) => void
}

function ColumnPicker({ input, table, chosen, onChange }: ColumnPickerProps) {
  const [words, setWords] = useState<string>()
  const wanted = (words ?? '').toLowerCase()
  const offered = table.columns
    .filter(({ name, creatable, updatable }) => creatable || updatable || name === table.primaryKey)
    .filter(({ name, label }) => `${name} ${label}`.toLowerCase().includes(wanted))
    .slice(0, MOST_OFFERED)
  return (
    <Combobox
      freeform
      expandIcon={null}
      aria-label={`Column of the table for ${input}`}
      value={words ?? chosen ?? LEFT_OUT}
      selectedOptions={[chosen ?? LEFT_OUT]}
      onChange={({ target }) => setWords(target.value)}
      onBlur={() => {
        // What is typed in full counts, as a lookup by a column of its row, which no list can offer.
        if (words?.includes('.')) onChange(words.trim().toLowerCase())
        setWords(undefined)
      }}
      onOptionSelect={(_, { optionValue }) => {
        setWords(undefined)
        if (optionValue !== undefined) onChange(optionValue === LEFT_OUT ? null : optionValue)
      }}
    >
      <Option value={LEFT_OUT} text={LEFT_OUT}>
        {LEFT_OUT}
      </Option>
      {offered.map(({ name, label }) => (
        <Option key={name} value={name} text={name}>
          {label} ({name})
        </Option>
      ))}
    </Combobox>
  )
}

const useStyles = makeStyles({
  scroller: { overflowX: 'auto', maxHeight: '420px' },
  table: {
    borderCollapse: 'collapse',
    width: '100%',
    '& th, & td': {
      textAlign: 'start',
      padding: `${tokens.spacingVerticalXXS} ${tokens.spacingHorizontalM} ${tokens.spacingVerticalXXS} 0`,
    },
  },
  samples: {
    color: tokens.colorNeutralForeground2,
    maxWidth: '280px',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
  },
})
