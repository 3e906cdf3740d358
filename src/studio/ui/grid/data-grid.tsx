import { mergeClasses } from '@fluentui/react-components'
import { columnResizingFeature, columnSizingFeature, tableFeatures, useTable } from '@tanstack/react-table'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, type MouseEvent, useEffect, useId, useMemo, useRef, useState } from 'react'
import { DEFAULT_WIDTH, type GridColumn, type GridSort, sortRows } from './columns.ts'
import { GridHeader } from './grid-header.tsx'
import { useGridStyles } from './grid-styles.ts'
import { type CellPlace, copyText, isSelected, moveBy, START } from './selection.ts'

/**
 * Rows as a table that scrolls smoothly however many rows and columns there are: only what is seen is in the page.
 * One stop of the Tab key; arrows move, Shift with arrows or a click selects, Ctrl+C copies as spreadsheets paste,
 * Enter opens, Enter on a title sorts, Alt with arrows on a title makes its column wider or narrower.
 * Not a `table`, which cannot leave rows out: the roles say what it is, and the grid has the focus for its cells.
 */
export interface DataGridProps<R> {
  /** What is in it, for people who do not see it. */
  readonly label: string
  readonly columns: readonly GridColumn<R>[]
  readonly rows: readonly R[]
  /** Rows there are in all, where `rows` is only the first part of them. */
  readonly totalRows?: number
  /** Where the rows come sorted by somebody else: how, and whom to tell. Default: sorted here. */
  readonly sort?: { readonly by: GridSort | undefined; readonly change: (by: GridSort | undefined) => void }
  /** Enter or a double click on a cell. */
  readonly onOpen?: (row: R, column: GridColumn<R>) => void
  /** Told the last row in sight, from 0, whenever it changes: for rows that are fetched as they are looked at. */
  readonly onSeen?: (last: number) => void
  /** Said where there are no rows. */
  readonly empty?: string
  readonly className?: string
}

const ROW_HEIGHT_PX = 32
export const HEADER_HEIGHT_PX = 44

/**
 * Columns alone are the table's: an object of its own for each row, made anew whenever rows come, would hold the page
 * for longer and longer while somebody scrolls.
 */
const features = tableFeatures({ columnSizingFeature, columnResizingFeature })
const NO_ROWS: readonly never[] = []

export function DataGrid<R>(props: DataGridProps<R>) {
  const {
    label,
    columns,
    rows,
    totalRows = rows.length,
    sort,
    onOpen,
    onSeen,
    empty = 'No rows.',
    className,
  } = props
  const styles = useGridStyles()
  const id = useId()
  const scroller = useRef<HTMLDivElement>(null)
  const [selection, setSelection] = useState(START)
  const [sorting, setSorting] = useState<GridSort>()
  const by = sort ? sort.by : sorting
  const own = sort ? undefined : sorting
  const shown = useMemo(() => sortRows(rows, { columns, by: own }), [rows, columns, own])
  const defs = useMemo(
    () => columns.map(({ id, width = DEFAULT_WIDTH }) => ({ id, size: width, minSize: 48 })),
    [columns],
  )
  const table = useTable({ features, columns: defs, data: NO_ROWS, columnResizeMode: 'onChange' })
  const leaves = table.getAllLeafColumns()
  const vertical = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT_PX,
    scrollPaddingStart: HEADER_HEIGHT_PX,
    overscan: 12,
  })
  const last = vertical.getVirtualItems().at(-1)?.index ?? 0
  useEffect(() => onSeen?.(last), [last, onSeen])
  const widths = leaves.map((leaf) => leaf.getSize())
  const horizontal = useVirtualizer({
    horizontal: true,
    count: leaves.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => widths[index] ?? DEFAULT_WIDTH,
    overscan: 4,
  })
  const sized = widths.join()
  const [measured, setMeasured] = useState(sized)
  if (measured !== sized) {
    setMeasured(sized)
    horizontal.measure()
  }
  const across = horizontal.getVirtualItems()
  const changeSort = (column: GridColumn<R>): void => {
    const next = nextSort(by, column.id)
    if (sort) sort.change(next)
    else setSorting(next)
  }
  const textAt = ({ row, column }: CellPlace): string => {
    const at = columns[column]
    const content = shown[row]
    return at === undefined ? '' : row < 0 || content === undefined ? at.title : at.text(content)
  }
  const reveal = ({ row, column }: CellPlace): void => {
    if (row >= 0) vertical.scrollToIndex(row)
    horizontal.scrollToIndex(column)
  }
  const open = ({ row, column }: CellPlace): void => {
    const at = columns[column]
    const content = shown[row]
    if (at === undefined) return
    if (row < 0) changeSort(at)
    else if (content !== undefined) onOpen?.(content, at)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const { key, shiftKey, altKey } = event
    const control = event.ctrlKey || event.metaKey
    const { active } = selection
    if (altKey && active.row < 0 && (key === 'ArrowLeft' || key === 'ArrowRight')) {
      event.preventDefault()
      const leaf = leaves[active.column]
      const size = Math.max(48, (leaf?.getSize() ?? 0) + (key === 'ArrowRight' ? 24 : -24))
      if (leaf) table.setColumnSizing((old) => ({ ...old, [leaf.id]: size }))
      return
    }
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHT_PX) - 2)
    const moved = moveBy(
      selection,
      { key, shiftKey, control },
      { rows: shown.length, columns: columns.length, page },
    )
    if (moved) {
      event.preventDefault()
      setSelection(moved)
      reveal(moved.active)
    } else if (key === 'Enter') {
      event.preventDefault()
      open(active)
    } else if (control && key.toLowerCase() === 'c') {
      event.preventDefault()
      void navigator.clipboard.writeText(copyText(selection, textAt))
    } else if (control && key.toLowerCase() === 'a') {
      event.preventDefault()
      setSelection({
        anchor: { row: -1, column: 0 },
        active: { row: shown.length - 1, column: columns.length - 1 },
      })
    }
  }
  const select = (place: CellPlace) => (event: MouseEvent) =>
    setSelection({ anchor: event.shiftKey ? selection.anchor : place, active: place })
  const cellId = ({ row, column }: CellPlace): string => `${id}-${row}-${column}`
  const totalWidth = horizontal.getTotalSize()
  return (
    <div
      role="grid"
      aria-label={label}
      aria-rowcount={totalRows + 1}
      aria-colcount={columns.length}
      aria-multiselectable="true"
      aria-activedescendant={cellId(selection.active)}
      tabIndex={0}
      ref={scroller}
      className={mergeClasses(styles.grid, className)}
      onKeyDown={onKeyDown}
    >
      <GridHeader
        columns={columns}
        across={across}
        width={totalWidth}
        sort={by}
        active={selection.active}
        cellId={cellId}
        onSort={(column, index) => {
          setSelection({ anchor: { row: -1, column: index }, active: { row: -1, column: index } })
          changeSort(column)
        }}
        resizeHandler={(index) => table.getFlatHeaders()[index]?.getResizeHandler()}
      />
      {shown.length === 0 && <div className={styles.empty}>{empty}</div>}
      <div
        role="rowgroup"
        className={styles.body}
        style={{ height: vertical.getTotalSize(), width: totalWidth }}
      >
        {vertical.getVirtualItems().map(({ index, start }) => {
          const row = shown[index]
          if (row === undefined) return null
          return (
            <div
              key={index}
              role="row"
              aria-rowindex={index + 2}
              className={styles.row}
              style={{ transform: `translateY(${start}px)`, width: totalWidth }}
            >
              {across.map(({ index: at, start: left, size }) => {
                const column = columns[at]
                if (!column) return null
                const place = { row: index, column: at }
                const isActive = selection.active.row === index && selection.active.column === at
                return (
                  <div
                    key={column.id}
                    id={cellId(place)}
                    role="gridcell"
                    aria-colindex={at + 1}
                    aria-selected={isSelected(selection, place)}
                    className={mergeClasses(
                      styles.cell,
                      column.align === 'end' && styles.end,
                      isSelected(selection, place) && styles.selected,
                      isActive && styles.active,
                    )}
                    style={{ left, width: size }}
                    onClick={select(place)}
                    onDoubleClick={() => open(place)}
                  >
                    {column.cell ? column.cell(row) : column.text(row)}
                  </div>
                )
              })}
            </div>
          )
        })}
      </div>
    </div>
  )
}

/** Up, down, and back to the order the rows came in. */
function nextSort(by: GridSort | undefined, column: string): GridSort | undefined {
  if (by?.column !== column) return { column, descending: false }
  return by.descending ? undefined : { column, descending: true }
}
