import { Input, makeStyles, mergeClasses, Spinner, Text, tokens } from '@fluentui/react-components'
import { SearchRegular } from '@fluentui/react-icons'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef, useState } from 'react'
import type { EnvironmentChoice } from '../../../server/environments.ts'
import { counted } from '../../app/counted.ts'
import { ProblemBar } from '../../app/problem.tsx'
import { goTo, linkTo } from '../../app/router.ts'
import { useCall } from '../../server/hooks.ts'

interface TableListProps {
  readonly environment: EnvironmentChoice
  /** Logical name of the table that is shown. */
  readonly current: string | undefined
}

const ROW_PX = 44

/** Every table that this user may see, found by its name or its label. Enter goes to the first. */
export function TableList({ environment, current }: TableListProps) {
  const styles = useStyles()
  const [words, setWords] = useState('')
  const tables = useCall('explore.tables', { environment })
  const found = useMemo(() => {
    const wanted = words.trim().toLowerCase()
    const fits = (text: string): boolean => text.toLowerCase().includes(wanted)
    return (tables.data ?? [])
      .filter(({ name, label, pluralLabel }) => fits(name) || fits(label) || fits(pluralLabel))
      .sort((a, b) => Number(b.name === wanted) - Number(a.name === wanted))
  }, [tables.data, words])
  const scroller = useRef<HTMLUListElement>(null)
  const list = useVirtualizer({
    count: found.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
  })
  const [first] = found
  return (
    <nav aria-label="Tables" className={styles.list}>
      <Input
        aria-label="Search tables by name or label"
        placeholder="Search tables"
        contentBefore={<SearchRegular />}
        value={words}
        onChange={(_, { value }) => setWords(value)}
        onKeyDown={({ key }) => {
          if (key === 'Enter' && first) goTo('explore', [first.name])
        }}
      />
      <Text size={200} role="status">
        {tables.isSuccess ? counted(found.length, 'table') : ''}
      </Text>
      {tables.isPending && <Spinner label="Reading the tables" />}
      {tables.isError && <ProblemBar error={tables.error} onRetry={() => tables.refetch()} />}
      <ul ref={scroller} className={styles.scroller}>
        <li aria-hidden style={{ height: list.getTotalSize() }} />
        {list.getVirtualItems().map(({ index, start }) => {
          const table = found[index]
          if (!table) return null
          return (
            <li key={table.name} className={styles.item} style={{ transform: `translateY(${start}px)` }}>
              <a
                href={linkTo('explore', [table.name])}
                aria-current={table.name === current ? 'page' : undefined}
                className={mergeClasses(styles.link, table.name === current && styles.here)}
              >
                <span dir="auto" className={styles.words}>
                  {table.label}
                </span>
                <span className={styles.name}>{table.name}</span>
              </a>
            </li>
          )
        })}
      </ul>
    </nav>
  )
}

const useStyles = makeStyles({
  list: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalXS, minHeight: 0 },
  scroller: {
    position: 'relative',
    margin: 0,
    padding: 0,
    listStyleType: 'none',
    overflowY: 'auto',
    flexGrow: 1,
    minHeight: '160px',
    '@media (max-width: 900px)': { maxHeight: '180px' },
  },
  item: { position: 'absolute', top: 0, left: 0, right: 0, height: `${ROW_PX}px` },
  link: {
    display: 'flex',
    flexDirection: 'column',
    justifyContent: 'center',
    height: '100%',
    boxSizing: 'border-box',
    padding: `0 ${tokens.spacingHorizontalS}`,
    color: tokens.colorNeutralForeground1,
    textDecorationLine: 'none',
    borderRadius: tokens.borderRadiusMedium,
    ':hover': { backgroundColor: tokens.colorNeutralBackground1Hover },
  },
  here: { backgroundColor: tokens.colorNeutralBackground1Selected, fontWeight: tokens.fontWeightSemibold },
  words: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  name: {
    fontSize: tokens.fontSizeBase200,
    fontWeight: tokens.fontWeightRegular,
    color: tokens.colorNeutralForeground2,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
  },
})
