import stringWidth from 'string-width'

/** A table for people: columns as wide as their first rows need, cut with … where the terminal ends. */
export interface TextTableOptions {
  /** Width of the terminal in character cells; Infinity does not cut. */
  readonly terminalColumns: number
  readonly cell: (value: unknown) => string
}

export interface TextTable {
  start(): string
  rows(batch: readonly Readonly<Record<string, unknown>>[]): string
  end(): string
}

/** Rows looked at before the widths are fixed. */
const SAMPLE_ROWS = 200
const MAX_COLUMN_WIDTH = 40
const GAP = '  '

export function textTable(names: readonly string[], { terminalColumns, cell }: TextTableOptions): TextTable {
  let waiting: string[][] | undefined = []
  let widths: readonly number[] = []
  const flush = (): string => {
    if (!waiting) return ''
    widths = fitWidths(names, waiting, terminalColumns)
    const text = [
      names,
      names.map((_, index) => '─'.repeat(Math.min(widths[index] ?? 0, MAX_COLUMN_WIDTH))),
      ...waiting,
    ]
      .map((row) => line(row, widths))
      .join('')
    waiting = undefined
    return text
  }
  return {
    start: () => '',
    rows: (batch) => {
      const cells = batch.map((row) => names.map((name) => printable(cell(row[name]))))
      if (!waiting) return cells.map((row) => line(row, widths)).join('')
      waiting.push(...cells)
      return waiting.length >= SAMPLE_ROWS ? flush() : ''
    },
    end: flush,
  }
}

function fitWidths(
  names: readonly string[],
  rows: readonly (readonly string[])[],
  terminal: number,
): number[] {
  // The last column may take what is left.
  const limits = names.map((_, index) =>
    index === names.length - 1 ? Number.POSITIVE_INFINITY : MAX_COLUMN_WIDTH,
  )
  const wanted = names.map((name, index) =>
    rows.reduce(
      (width, row) => Math.max(width, Math.min(limits[index] ?? 0, stringWidth(row[index] ?? ''))),
      stringWidth(name),
    ),
  )
  const shown: number[] = []
  let used = 0
  for (const width of wanted) {
    const gap = shown.length > 0 ? GAP.length : 0
    const room = terminal - used - gap
    if (room < Math.min(width, 4)) break
    shown.push(Math.min(width, room))
    used += gap + Math.min(width, room)
  }
  return shown
}

function line(cells: readonly string[], widths: readonly number[]): string {
  return `${widths
    .map((width, index) => pad(cells[index] ?? '', width))
    .join(GAP)
    .trimEnd()}\n`
}

function pad(text: string, width: number): string {
  const own = stringWidth(text)
  return own <= width ? text + ' '.repeat(width - own) : cut(text, width)
}

function cut(text: string, width: number): string {
  let out = ''
  let used = 0
  for (const character of text) {
    const own = stringWidth(character)
    if (used + own > width - 1) break
    out += character
    used += own
  }
  return `${out}…${' '.repeat(Math.max(0, width - used - 1))}`
}

/** Control characters (and terminal escapes in data) never reach the terminal. */
function printable(text: string): string {
  return text.replace(/[\r\n\t]+/g, ' ').replace(/\p{Cc}/gu, '')
}
