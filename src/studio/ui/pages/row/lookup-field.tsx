import { Combobox, Dropdown, makeStyles, Option, tokens } from '@fluentui/react-components'
import { useState } from 'react'
import type { EnvironmentChoice } from '../../../server/environments.ts'
import { linkTo } from '../../app/router.ts'
import { useSettled } from '../../app/settled.ts'
import { useCall } from '../../server/hooks.ts'
import type { Column } from '../explore/table.ts'
import { type Edits, type RowValues, shownText, textOf } from './use-row.ts'

interface LookupFieldProps {
  readonly environment: EnvironmentChoice
  readonly column: Column
  readonly values: RowValues
  readonly edits: Edits
  readonly onEdit: (edits: Edits) => void
}

/** The row a lookup points to, found by a part of its name, in the table that is chosen where there are several. */
export function LookupField({ environment, column, values, edits, onEdit }: LookupFieldProps) {
  const styles = useStyles()
  const { name, label, targets = [] } = column
  const stored = shownText(`${name}type`, values, edits)
  const [table, setTable] = useState(stored || (targets[0]?.table ?? ''))
  const [words, setWords] = useState<string>()
  const [picked, setPicked] = useState<string>()
  const wanted = useSettled(words ?? '', SETTLED_MS)
  const found = useCall(
    'row.find',
    { environment, table, words: wanted },
    { enabled: words !== undefined, keepPrevious: true },
  )
  const id = shownText(name, values, edits)
  const shown = name in edits ? (picked ?? '') : textOf(values[`${name}name`]) || id
  return (
    <div className={styles.lookup}>
      {targets.length > 1 && (
        <Dropdown
          aria-label={`Table of ${label}`}
          className={styles.table}
          value={table}
          selectedOptions={[table]}
          onOptionSelect={(_, { optionValue }) => setTable(optionValue ?? table)}
        >
          {targets.map((target) => (
            <Option key={target.table} value={target.table}>
              {target.table}
            </Option>
          ))}
        </Dropdown>
      )}
      <Combobox
        freeform
        clearable={false}
        expandIcon={null}
        className={styles.row}
        placeholder="Search by name"
        value={words ?? shown}
        selectedOptions={id === '' ? [] : [id]}
        onChange={({ target }) => {
          setWords(target.value)
          if (target.value === '') {
            setPicked(undefined)
            onEdit({ [name]: null })
          }
        }}
        onBlur={() => setWords(undefined)}
        onFocus={() => setWords('')}
        onOptionSelect={(_, { optionValue, optionText }) => {
          if (optionValue === undefined) return
          setPicked(optionText)
          setWords(undefined)
          onEdit({ [name]: optionValue, ...(targets.length > 1 ? { [`${name}type`]: table } : {}) })
        }}
      >
        {found.data?.rows.map((row) => (
          <Option key={row.id} value={row.id} text={row.name}>
            {row.name}
          </Option>
        ))}
      </Combobox>
      {id !== '' && !(name in edits) && (
        <a
          className={styles.open}
          href={linkTo('row', [stored || (targets[0]?.table ?? ''), id])}
          aria-label={`Open ${label}`}
        >
          Open
        </a>
      )}
    </div>
  )
}

const SETTLED_MS = 250

const useStyles = makeStyles({
  lookup: { display: 'flex', gap: tokens.spacingHorizontalXS, alignItems: 'center', minWidth: 0 },
  table: { minWidth: '112px', width: '132px' },
  row: { flexGrow: 1, minWidth: '80px' },
  // As large as a finger needs.
  open: { padding: '4px', lineHeight: '24px' },
})
