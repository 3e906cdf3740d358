import { Button, Input, makeStyles, Text, tokens } from '@fluentui/react-components'
import { useState } from 'react'
import { counted } from '../../app/counted.ts'
import type { Job } from './writing.ts'

interface MendRowsProps {
  readonly rejects: Job['rejects']
  /** True while nothing may be sent. */
  readonly disabled: boolean
  /** Sends rows again. */
  readonly onAgain: (rows: readonly Readonly<Record<string, unknown>>[]) => void
}

const ROWS_A_PAGE = 25

/** Rejected rows with their reasons, to be mended in place and sent again. */
export function MendRows({ rejects, disabled, onAgain }: MendRowsProps) {
  const styles = useStyles()
  const [mended, setMended] = useState<ReadonlyMap<number, Readonly<Record<string, string>>>>(new Map())
  const [page, setPage] = useState(0)
  const columns = [...new Set(rejects.flatMap(({ values }) => Object.keys(values)))]
  const shown = rejects.slice(page * ROWS_A_PAGE, (page + 1) * ROWS_A_PAGE)
  const pages = Math.ceil(rejects.length / ROWS_A_PAGE)
  const edit = (row: number, column: string, text: string): void =>
    setMended(new Map([...mended, [row, { ...mended.get(row), [column]: text }]]))
  const rows = rejects.map(({ row, values }) => ({ ...values, ...mended.get(row) }))
  return (
    <div className={styles.view}>
      <div className={styles.scroller}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Row</th>
              <th scope="col">Reason</th>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map(({ row, message, column: fault, values }) => (
              <tr key={row}>
                <th scope="row">{row}</th>
                <td className={styles.reason}>{message}</td>
                {columns.map((column) => (
                  <td key={column}>
                    <Input
                      size="small"
                      dir="auto"
                      aria-label={`${column} of row ${row}`}
                      aria-invalid={column === fault}
                      value={mended.get(row)?.[column] ?? textOf(values[column])}
                      onChange={(_, { value }) => edit(row, column, value)}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className={styles.row}>
        {pages > 1 && (
          <>
            <Button disabled={page === 0} onClick={() => setPage(page - 1)}>
              Earlier rows
            </Button>
            <Text>
              Page {page + 1} of {pages}
            </Text>
            <Button disabled={page + 1 >= pages} onClick={() => setPage(page + 1)}>
              Later rows
            </Button>
          </>
        )}
        <Button appearance="primary" disabled={disabled} onClick={() => onAgain(rows)}>
          Send {counted(rows.length, 'row')} again
        </Button>
      </div>
    </div>
  )
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

const useStyles = makeStyles({
  view: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, minWidth: 0 },
  scroller: { overflowX: 'auto' },
  table: {
    borderCollapse: 'collapse',
    '& th, & td': {
      textAlign: 'start',
      padding: `2px ${tokens.spacingHorizontalS} 2px 0`,
      verticalAlign: 'middle',
    },
  },
  reason: { color: tokens.colorStatusDangerForeground1, minWidth: '240px' },
  row: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'center' },
})
