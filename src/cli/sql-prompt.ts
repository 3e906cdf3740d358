import { createInterface, type Interface } from 'node:readline'
import { type Connection, completeSql, type ReturnedRows } from '../connect.ts'
import { changeText, rejected } from './change-text.ts'
import { type Io, print } from './io.ts'
import { reportError } from './report-error.ts'
import { readHistory, saveHistory } from './sql-history.ts'
import { sqlText } from './sql-text.ts'

/**
 * The prompt of `d365 sql`: statements end with a semicolon, commands begin with a backslash. Ctrl-C stops the statement
 * that runs or forgets the one that is typed; Ctrl-D leaves.
 */
export async function startPrompt(io: Io, connection: Connection): Promise<void> {
  await print(io.stdout, 'SQL over Dynamics 365. A statement ends with ; and \\? lists the commands.\n')
  const terminal = io.stdin.isTTY ?? false
  const shell: Shell = { io, connection, timing: false, expanded: false, statement: '', running: undefined }
  const lines = createInterface({
    input: io.stdin,
    output: io.stdout,
    terminal,
    prompt: FIRST,
    historySize: 1000,
    ...(terminal ? { history: await readHistory(io.env) } : {}),
    completer: (line: string, done: (error: null, completed: [string[], string]) => void) => {
      const completing = { before: shell.statement, connection, signal: io.signal }
      completeSql(line, completing).then(
        (completed) => done(null, completed),
        () => done(null, [[], line]),
      )
    },
  })
  let history: readonly string[] = []
  lines.on('history', (kept) => {
    history = kept
  })
  lines.on('SIGINT', () => interrupted(lines, shell))
  const closed = new Promise<void>((resolve) => lines.once('close', resolve))
  await readLines(lines, shell)
  lines.close()
  await closed
  if (history.length > 0) await saveHistory(io.env, history)
}

const FIRST = 'd365> '
const NEXT = '   -> '

interface Shell {
  readonly io: Io
  readonly connection: Connection
  timing: boolean
  expanded: boolean
  /** Lines typed so far of a statement that has not ended. */
  statement: string
  /** The statement under way. */
  running: AbortController | undefined
}

async function readLines(lines: Interface, shell: Shell): Promise<void> {
  const { io } = shell
  let closed = false
  lines.once('close', () => {
    closed = true
  })
  lines.prompt()
  for await (const line of lines) {
    const typed = line.trim()
    if (shell.statement === '' && /^(\\q\b|(quit|exit);?$)/i.test(typed)) return
    if (shell.statement === '' && typed.startsWith('\\')) await reporting(io, () => command(typed, shell))
    else {
      shell.statement = shell.statement === '' ? line : `${shell.statement}\n${line}`
      if (/;\s*$/.test(shell.statement)) {
        const text = shell.statement.replace(/;\s*$/, '')
        shell.statement = ''
        await reporting(io, () => run(text, shell))
      }
    }
    lines.setPrompt(shell.statement.trim() === '' ? FIRST : NEXT)
    // The end of the input may have come while the statement ran.
    if (!closed) lines.prompt()
  }
}

function interrupted(lines: Interface, shell: Shell): void {
  if (shell.running) {
    shell.running.abort(new DOMException('Interrupted by Ctrl-C.', 'AbortError'))
    return
  }
  shell.statement = ''
  lines.setPrompt(FIRST)
  shell.io.stdout.write('^C\n')
  // What is typed on the line is forgotten too.
  lines.write(null, { ctrl: true, name: 'e' })
  lines.write(null, { ctrl: true, name: 'u' })
  lines.prompt()
}

async function reporting(io: Io, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    await print(io.stderr, reportError(error, { json: false }).text)
  }
}

async function run(text: string, shell: Shell): Promise<void> {
  const { io, timing } = shell
  const started = performance.now()
  const running = new AbortController()
  shell.running = running
  try {
    await print(io.stdout, await answer(text, shell, AbortSignal.any([io.signal, running.signal])))
  } finally {
    shell.running = undefined
  }
  if (timing) await print(io.stdout, `Time: ${(performance.now() - started).toFixed(0)} ms\n`)
}

async function answer(
  text: string,
  { io, connection, expanded }: Shell,
  signal: AbortSignal,
): Promise<string> {
  const plan = await connection.explain(text, { signal, localFiles: true })
  if (plan.change && !plan.explains) {
    const report = await connection.execute(text, {
      signal,
      localFiles: true,
      rejects: (row) => rejected(io, row),
    })
    const { returned } = report
    return `${returned ? rowsText(returned, { io, expanded }) : ''}${changeText(report)}`
  }
  const result = await connection.query(text, { signal, localFiles: true })
  if (plan.explains) return sqlText(result, { format: 'table', terminalColumns: io.columns })
  return `${rowsText(result, { io, expanded })}(${result.rows.length.toLocaleString('en-US')} ${result.rows.length === 1 ? 'row' : 'rows'})\n`
}

function rowsText(rows: ReturnedRows, { io, expanded }: Pick<Shell, 'io' | 'expanded'>): string {
  return expanded ? expandedRows(rows) : sqlText(rows, { format: 'table', terminalColumns: io.columns })
}

function expandedRows({ columns, rows }: Pick<Parameters<typeof sqlText>[0], 'columns' | 'rows'>): string {
  const width = Math.max(0, ...columns.map(({ name }) => name.length))
  return rows
    .map((row, index) => {
      const lines = columns.map(({ name }, at) => `${name.padEnd(width)}  ${row[at] ?? ''}`)
      return `── ${index + 1} ──\n${lines.join('\n')}\n`
    })
    .join('')
}

async function command(text: string, shell: Shell): Promise<void> {
  const { io, connection } = shell
  const [name = '', argument] = text.replace(/;$/, '').split(/\s+/)
  if (name === '\\timing') shell.timing = !shell.timing
  else if (name === '\\x') shell.expanded = !shell.expanded
  else if ((name === '\\d' || name === '\\dt') && argument === undefined) {
    const tables = await connection.tables({ signal: io.signal })
    return print(io.stdout, listed(tables.map((table) => [table.name, table.label])))
  } else if (name === '\\d') {
    const { columns } = await connection.table(argument ?? '', { signal: io.signal })
    return print(io.stdout, listed(columns.map((column) => [column.name, column.type, column.label])))
  } else return print(io.stdout, COMMANDS)
  return print(io.stdout, `Timing is ${onOff(shell.timing)}, expanded display is ${onOff(shell.expanded)}.\n`)
}

const onOff = (value: boolean): string => (value ? 'on' : 'off')

function listed(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}

const COMMANDS = `\\d          tables
\\d TABLE    columns of a table
\\timing     show how long statements take, or stop to
\\x          a line for each column, or a table again
\\q          leave (Ctrl-D too)
Tab completes tables and columns, the arrow keys go through what was typed before, Ctrl-C stops a statement.
`
