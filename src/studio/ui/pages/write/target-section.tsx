import { Checkbox, Combobox, Dropdown, Field, makeStyles, Option, tokens } from '@fluentui/react-components'
import { useState } from 'react'
import type { EnvironmentChoice } from '../../../server/environments.ts'
import { Section } from '../../app/section.tsx'
import { useCall } from '../../server/hooks.ts'
import { MODES, type Mode } from './writing.ts'

export interface Target {
  readonly table: string
  readonly mode: Mode
  readonly key: readonly string[]
  readonly skipUnchanged: boolean
}

interface TargetSectionProps {
  readonly environment: EnvironmentChoice
  readonly target: Target
  readonly onChange: (target: Target) => void
}

/** More are found by typing. */
const MOST_OFFERED = 100

/** The table, what is done to its rows, and by which key a row is found. */
export function TargetSection({ environment, target, onChange }: TargetSectionProps) {
  const styles = useStyles()
  const { table, mode, key, skipUnchanged } = target
  const [words, setWords] = useState<string>()
  const tables = useCall('explore.tables', { environment })
  const described = useCall('explore.table', { environment, table }, { enabled: table !== '' })
  const wanted = (words ?? '').toLowerCase()
  const offered = (tables.data ?? [])
    .filter(({ name, label }) => `${name} ${label}`.toLowerCase().includes(wanted))
    .sort((a, b) => Number(b.name.startsWith(wanted)) - Number(a.name.startsWith(wanted)))
    .slice(0, MOST_OFFERED)
  const keys = described.data
    ? [[described.data.primaryKey], ...described.data.keys.map(({ columns }) => columns)]
    : []
  const shownKey = key.length === 0 ? (described.data?.primaryKey ?? '') : key.join(' + ')
  return (
    <Section title="2. Table" lead="Where the rows go, and how a row there is found.">
      <div className={styles.row}>
        <Field label="Table">
          <Combobox
            expandIcon={null}
            placeholder="Search tables"
            value={words ?? table}
            selectedOptions={[table]}
            onChange={({ target: { value } }) => setWords(value)}
            onBlur={() => setWords(undefined)}
            onOptionSelect={(_, { optionValue }) => {
              setWords(undefined)
              if (optionValue !== undefined) onChange({ ...target, table: optionValue, key: [] })
            }}
          >
            {offered.map(({ name, label }) => (
              <Option key={name} value={name} text={name}>
                {label} ({name})
              </Option>
            ))}
          </Combobox>
        </Field>
        <Field label="Operation">
          <Dropdown
            className={styles.mode}
            value={MODES.find(([one]) => one === mode)?.[1] ?? ''}
            selectedOptions={[mode]}
            onOptionSelect={(_, { optionValue }) => {
              const found = MODES.find(([one]) => one === optionValue)
              if (found) onChange({ ...target, mode: found[0] })
            }}
          >
            {MODES.map(([one, text]) => (
              <Option key={one} value={one}>
                {text}
              </Option>
            ))}
          </Dropdown>
        </Field>
        {mode !== 'insert' && (
          <Field label="Key">
            <Dropdown
              value={shownKey}
              selectedOptions={[shownKey]}
              onOptionSelect={(_, { optionValue }) => {
                const found = keys.find((columns) => columns.join(' + ') === optionValue)
                onChange({ ...target, key: found && found !== keys[0] ? found : [] })
              }}
            >
              {keys.map((columns) => (
                <Option key={columns.join()} value={columns.join(' + ')}>
                  {columns.join(' + ')}
                </Option>
              ))}
            </Dropdown>
          </Field>
        )}
        {(mode === 'update' || mode === 'upsert') && (
          <Checkbox
            label="Leave rows out that would not change"
            checked={skipUnchanged}
            onChange={(_, { checked }) => onChange({ ...target, skipUnchanged: checked === true })}
          />
        )}
      </div>
    </Section>
  )
}

const useStyles = makeStyles({
  row: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'end' },
  mode: { minWidth: 'min(330px, 80vw)' },
})
