/** A rectangle of cells: where it was begun, and where the person is. Row -1 is the header. */
export interface CellPlace {
  readonly row: number
  readonly column: number
}

export interface Selection {
  readonly anchor: CellPlace
  readonly active: CellPlace
}

export interface GridSize {
  readonly rows: number
  readonly columns: number
  /** Rows that are seen at a time. */
  readonly page: number
}

export const START: Selection = { anchor: { row: 0, column: 0 }, active: { row: 0, column: 0 } }

export interface GridKey {
  readonly key: string
  readonly shiftKey: boolean
  /** Ctrl, or Command on a Mac. */
  readonly control: boolean
}

/** The selection after a key; undefined for one that moves nothing. Shift keeps the anchor. */
export function moveBy(
  { anchor, active }: Selection,
  { key, shiftKey, control }: GridKey,
  size: GridSize,
): Selection | undefined {
  const last = { row: size.rows - 1, column: size.columns - 1 }
  const steps: Readonly<Record<string, CellPlace>> = {
    ArrowDown: { ...active, row: control ? last.row : active.row + 1 },
    ArrowUp: { ...active, row: control ? 0 : active.row - 1 },
    ArrowRight: { ...active, column: control ? last.column : active.column + 1 },
    ArrowLeft: { ...active, column: control ? 0 : active.column - 1 },
    PageDown: { ...active, row: active.row + size.page },
    PageUp: { ...active, row: Math.max(0, active.row - size.page) },
    Home: control ? { row: 0, column: 0 } : { ...active, column: 0 },
    End: control ? last : { ...active, column: last.column },
  }
  const to = steps[key]
  if (to === undefined) return undefined
  const moved = {
    row: Math.min(last.row, Math.max(-1, to.row)),
    column: Math.min(last.column, Math.max(0, to.column)),
  }
  return { anchor: shiftKey ? anchor : moved, active: moved }
}

export function isSelected({ anchor, active }: Selection, { row, column }: CellPlace): boolean {
  return (
    row >= Math.min(anchor.row, active.row) &&
    row <= Math.max(anchor.row, active.row) &&
    column >= Math.min(anchor.column, active.column) &&
    column <= Math.max(anchor.column, active.column)
  )
}

/** The rectangle as spreadsheets paste it: tabs between cells, a line for each row. */
export function copyText({ anchor, active }: Selection, textAt: (place: CellPlace) => string): string {
  const between = (one: number, other: number) =>
    Array.from({ length: Math.abs(one - other) + 1 }, (_, index) => Math.min(one, other) + index)
  return between(anchor.row, active.row)
    .map((row) =>
      between(anchor.column, active.column)
        .map((column) => quoted(textAt({ row, column })))
        .join('\t'),
    )
    .join('\n')
}

const quoted = (text: string): string => (/[\t\n\r"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
