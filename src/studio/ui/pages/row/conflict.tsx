import {
  Button,
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  makeStyles,
  tokens,
} from '@fluentui/react-components'
import type { Table } from '../explore/table.ts'
import { type Edits, type RowValues, shownText } from './use-row.ts'

interface ConflictProps {
  readonly table: Table
  readonly before: RowValues
  readonly theirs: RowValues
  readonly edits: Edits
  /** Goes on with their row and what was entered here. */
  readonly onKeepMine: () => void
  /** Forgets what was entered here. */
  readonly onTakeTheirs: () => void
}

/** Somebody else changed the row meanwhile: what it was, what they made of it, what was entered here. Nothing is overwritten. */
export function Conflict({ table, before, theirs, edits, onKeepMine, onTakeTheirs }: ConflictProps) {
  const styles = useStyles()
  const text = (name: string, values: RowValues): string =>
    shownText(`${name}name`, values, {}) || shownText(name, values, {}) || '–'
  const concerned = table.columns.filter(
    ({ name }) => name in edits || shownText(name, before, {}) !== shownText(name, theirs, {}),
  )
  return (
    <MessageBar intent="warning" layout="multiline" className={styles.bar} role="alert">
      <MessageBarBody>
        <MessageBarTitle>Somebody else changed this row meanwhile. Nothing was saved.</MessageBarTitle>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Column</th>
              <th scope="col">Before</th>
              <th scope="col">Theirs, now</th>
              <th scope="col">Yours</th>
            </tr>
          </thead>
          <tbody>
            {concerned.map(({ name, label }) => (
              <tr key={name}>
                <th scope="row">{label}</th>
                <td>{text(name, before)}</td>
                <td>{text(name, theirs)}</td>
                <td>{name in edits ? (edits[name] ?? '(empty)') : ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <div className={styles.buttons}>
          <Button appearance="primary" onClick={onKeepMine}>
            Put mine onto theirs
          </Button>
          <Button onClick={onTakeTheirs}>Take theirs</Button>
        </div>
      </MessageBarBody>
    </MessageBar>
  )
}

const useStyles = makeStyles({
  bar: { paddingTop: tokens.spacingVerticalS, paddingBottom: tokens.spacingVerticalS },
  table: {
    borderCollapse: 'collapse',
    margin: `${tokens.spacingVerticalS} 0`,
    '& th, & td': {
      textAlign: 'start',
      padding: `2px ${tokens.spacingHorizontalM} 2px 0`,
      verticalAlign: 'top',
      overflowWrap: 'anywhere',
    },
  },
  buttons: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS },
})
