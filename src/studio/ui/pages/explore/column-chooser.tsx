import {
  Button,
  Checkbox,
  Input,
  makeStyles,
  Popover,
  PopoverSurface,
  PopoverTrigger,
  Text,
  tokens,
} from '@fluentui/react-components'
import { ColumnTripleRegular } from '@fluentui/react-icons'
import { useState } from 'react'
import type { Table } from './table.ts'

interface ColumnChooserProps {
  readonly table: Table
  readonly chosen: readonly string[]
  readonly onChange: (columns: readonly string[]) => void
}

/** More are found by typing. */
const MOST_OFFERED = 200

export function ColumnChooser({ table, chosen, onChange }: ColumnChooserProps) {
  const styles = useStyles()
  const [words, setWords] = useState('')
  const wanted = words.toLowerCase()
  const found = table.columns.filter(
    ({ readable, name, label }) => readable && `${name} ${label}`.toLowerCase().includes(wanted),
  )
  return (
    <Popover trapFocus>
      <PopoverTrigger disableButtonEnhancement>
        <Button icon={<ColumnTripleRegular />}>Columns ({chosen.length})</Button>
      </PopoverTrigger>
      <PopoverSurface className={styles.surface} aria-label="Columns that are shown">
        <Input
          aria-label="Search columns"
          placeholder="Search columns"
          value={words}
          onChange={(_, { value }) => setWords(value)}
        />
        <div className={styles.list}>
          {found.slice(0, MOST_OFFERED).map(({ name, label }) => (
            <Checkbox
              key={name}
              label={<span dir="auto">{`${label} (${name})`}</span>}
              checked={chosen.includes(name)}
              onChange={(_, { checked }) =>
                onChange(checked === true ? [...chosen, name] : chosen.filter((one) => one !== name))
              }
            />
          ))}
          {found.length > MOST_OFFERED && (
            <Text size={200}>{found.length - MOST_OFFERED} more: type to find them.</Text>
          )}
        </div>
      </PopoverSurface>
    </Popover>
  )
}

const useStyles = makeStyles({
  surface: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalS,
    width: 'min(380px, 80vw)',
  },
  list: { display: 'flex', flexDirection: 'column', maxHeight: '50vh', overflowY: 'auto' },
})
