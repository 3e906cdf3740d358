import { mergeClasses } from '@fluentui/react-components'
import { ArrowDownRegular, ArrowUpRegular } from '@fluentui/react-icons'
import type { VirtualItem } from '@tanstack/react-virtual'
import type { GridColumn, GridSort } from './columns.ts'
import { useGridStyles } from './grid-styles.ts'
import type { CellPlace } from './selection.ts'

interface GridHeaderProps<R> {
  readonly columns: readonly GridColumn<R>[]
  /** The columns that are seen. */
  readonly across: readonly VirtualItem[]
  readonly width: number
  readonly sort: GridSort | undefined
  readonly active: CellPlace
  readonly cellId: (place: CellPlace) => string
  readonly onSort: (column: GridColumn<R>, index: number) => void
  readonly resizeHandler: (index: number) => ((event: unknown) => void) | undefined
}

/** The titles, which stay in sight: a click sorts, the edge is pulled to make a column wider. */
export function GridHeader<R>(props: GridHeaderProps<R>) {
  const { columns, across, width, sort, active, cellId, onSort, resizeHandler } = props
  const styles = useGridStyles()
  return (
    <div role="rowgroup" className={styles.header} style={{ width }}>
      <div role="row" aria-rowindex={1} className={styles.titles}>
        {across.map(({ index, start, size }) => {
          const column = columns[index]
          if (!column) return null
          const place = { row: -1, column: index }
          const direction =
            sort?.column === column.id ? (sort.descending ? 'descending' : 'ascending') : undefined
          return (
            <div
              key={column.id}
              id={cellId(place)}
              role="columnheader"
              aria-colindex={index + 1}
              aria-sort={direction ?? 'none'}
              className={mergeClasses(
                styles.title,
                column.align === 'end' && styles.titleEnd,
                active.row < 0 && active.column === index && styles.active,
              )}
              style={{ left: start, width: size }}
              title={column.title}
              onClick={() => onSort(column, index)}
            >
              <span className={styles.titleText}>
                {column.title}
                {direction === 'ascending' && <ArrowUpRegular />}
                {direction === 'descending' && <ArrowDownRegular />}
              </span>
              {column.detail !== undefined && <span className={styles.detail}>{column.detail}</span>}
              <span
                className={styles.handle}
                onMouseDown={resizeHandler(index)}
                onTouchStart={resizeHandler(index)}
                onClick={(event) => event.stopPropagation()}
              />
            </div>
          )
        })}
      </div>
    </div>
  )
}
