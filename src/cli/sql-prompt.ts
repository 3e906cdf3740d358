import { createInterface } from 'node:readline'
import type { Connection } from '../connect.ts'
import { changeText, rejected } from './change-text.ts'
import { type Io, print } from './io.ts'
import { reportError } from './report-error.ts'
import { sqlText } from './sql-text.ts'

/** The prompt of `d365 sql`: statements end with a semicolon, commands begin with a backslash. */
export async function startPrompt(io: Io, connection: Connection): Promise<void> {
  await print(io.stdout, 'SQL over Dynamics 365. A statement ends with ; and \\? lists the commands.\n')
  const names = new Set<string>()
  const learn = async (): Promise<void> => {
    for (const { name } of await connection.tables({ signal: io.signal })) names.add(name)
  }
  learn().catch(() => undefined)
  const lines = createInterface({
    input: io.stdin,
    output: io.stdout,
    terminal: io.stdin.isTTY ?? false,
    prompt: 'd365> ',
    completer: (line: string): [string[], string] => complete(line, names),
  })
  const shell: Shell = { io, connection, names, timing: false, expanded: false }
  let closed = false
  lines.once('close', () => {
    closed = true
  })
  let statement = ''
  lines.prompt()
  for await (const line of lines) {
    if (statement === '' && line.trim().startsWith('\\')) {
      if (/^\\q\b/.test(line.trim())) break
      await reporting(io, () => command(line.trim(), shell))
    } else {
      statement = statement === '' ? line : `${statement}\n${line}`
      if (/;\s*$/.test(statement)) {
        const text = statement.replace(/;\s*$/, '')
        statement = ''
        await reporting(io, () => run(text, shell))
      }
    }
    lines.setPrompt(statement.trim() === '' ? 'd365> ' : '   -> ')
    // The end of the input may have come while the statement ran.
    if (!closed) lines.prompt()
  }
  lines.close()
}

interface Shell {
  readonly io: Io
  readonly connection: Connection
  /** Names that complete: tables, and columns of those that were looked at. */
  readonly names: Set<string>
  timing: boolean
  expanded: boolean
}

async function reporting(io: Io, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    await print(io.stderr, reportError(error, { json: false }).text)
  }
}

async function run(text: string, { io, connection, timing, expanded }: Shell): Promise<void> {
  const started = performance.now()
  const plan = await connection.explain(text, { signal: io.signal })
  if (plan.change && !plan.explains) {
    const report = await connection.execute(text, { signal: io.signal, rejects: (row) => rejected(io, row) })
    await print(io.stdout, changeText(report))
    return
  }
  const result = await connection.query(text, { signal: io.signal })
  const shown = expanded
    ? expandedRows(result)
    : sqlText(result, { format: 'table', terminalColumns: io.columns })
  await print(io.stdout, `${shown}(${result.rows.length} ${result.rows.length === 1 ? 'row' : 'rows'})\n`)
  if (timing) await print(io.stdout, `Time: ${(performance.now() - started).toFixed(0)} ms\n`)
}

function expandedRows({ columns, rows }: Parameters<typeof sqlText>[0]): string {
  const width = Math.max(0, ...columns.map(({ name }) => name.length))
  return rows
    .map((row, index) => {
      const lines = columns.map(({ name }, at) => `${name.padEnd(width)}  ${row[at] ?? ''}`)
      return `── ${index + 1} ──\n${lines.join('\n')}\n`
    })
    .join('')
}

async function command(text: string, shell: Shell): Promise<void> {
  const { io, connection, names } = shell
  const [name = '', argument] = text.split(/\s+/)
  if (name === '\\timing') shell.timing = !shell.timing
  else if (name === '\\x') shell.expanded = !shell.expanded
  else if (name === '\\d' && argument === undefined) {
    const tables = await connection.tables({ signal: io.signal })
    return print(io.stdout, listed(tables.map((table) => [table.name, table.label])))
  } else if (name === '\\d') {
    const { columns } = await connection.table(argument ?? '', { signal: io.signal })
    for (const column of columns) names.add(column.name)
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
\\q          leave
`

/** Names that begin like the last word of the line. */
function complete(line: string, names: ReadonlySet<string>): [string[], string] {
  const word = /[\w.]*$/.exec(line)?.[0] ?? ''
  const bare = word.split('.').at(-1) ?? ''
  const before = word.slice(0, word.length - bare.length)
  const found = [...names].filter((name) => name.startsWith(bare.toLowerCase())).map((name) => before + name)
  return [bare === '' ? [] : found.slice(0, 50), word]
}
