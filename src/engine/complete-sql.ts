import type { Table, TableSummary } from '../catalog/table.ts'

/** Completes the last word of a statement that is being typed: tables after FROM, else columns of the tables it names. */
export interface Completing {
  /** The lines before, of the same statement. */
  readonly before: string
  /** What tells the tables and their columns: a connection. */
  readonly connection: Describing
  readonly signal: AbortSignal
}

interface Describing {
  tables(options: { readonly signal: AbortSignal }): Promise<readonly Pick<TableSummary, 'name'>[]>
  table(name: string, options: { readonly signal: AbortSignal }): Promise<Pick<Table, 'columns'>>
}

/** What the word may become, and the word: readline's own form. */
export type Completed = [string[], string]

export async function completeSql(line: string, completing: Completing): Promise<Completed> {
  const word = /[\w.]*$/.exec(line)?.[0] ?? ''
  const text = `${completing.before}\n${line.slice(0, line.length - word.length)}`
  const dot = word.lastIndexOf('.')
  const [prefix, begun] = [word.slice(0, dot + 1), word.slice(dot + 1).toLowerCase()]
  const found = await candidates(text, prefix.slice(0, -1).toLowerCase(), completing)
  const fitting = [...new Set(found)].filter((name) => name.startsWith(begun)).sort()
  return [fitting.slice(0, MAX_SHOWN).map((name) => prefix + name), word]
}

/** More than this is no help. */
const MAX_SHOWN = 200

async function candidates(
  text: string,
  qualifier: string,
  { connection, signal }: Completing,
): Promise<readonly string[]> {
  const named = tablesIn(text)
  const columnsOf = async (table: string): Promise<readonly string[]> => {
    const known = await connection.table(table, { signal }).catch(() => undefined)
    return (known?.columns ?? []).flatMap(({ name, readable, type, choices, targets = [] }) =>
      readable
        ? [
            name,
            ...(choices || type === 'lookup' ? [`${name}name`] : []),
            ...(targets.length > 1 ? [`${name}type`] : []),
          ]
        : [],
    )
  }
  if (METADATA[qualifier]) return METADATA[qualifier]
  if (qualifier !== '') return columnsOf(named.get(qualifier) ?? qualifier)
  const tables = async () => (await connection.tables({ signal })).map(({ name }) => name)
  if (AFTER_WHICH_TABLES.test(text)) return [...(await tables()), ...Object.keys(METADATA)]
  const columns = await Promise.all([...new Set(named.values())].map(columnsOf))
  return [...columns.flat(), ...named.keys(), ...KEYWORDS]
}

const AFTER_WHICH_TABLES = /(?:\b(?:from|join|update|into|table)|\\d)\s+$/i

const METADATA: Readonly<Record<string, readonly string[]>> = {
  d365: ['tables', 'columns', 'choices', 'keys', 'relationships'],
  information_schema: [
    'schemata',
    'tables',
    'columns',
    'table_constraints',
    'key_column_usage',
    'referential_constraints',
  ],
}

/** Tables of a statement by the names it uses for them: aliases and tables alike. */
function tablesIn(text: string): ReadonlyMap<string, string> {
  const clauses = new RegExp(
    `\\b(?:from|join|update|into)\\s+([^();]*?)(?=\\b(?:${KEYWORDS.filter((word) => word !== 'as').join('|')})\\b|[();]|$)`,
    'gi',
  )
  const found = new Map<string, string>()
  for (const [, list = ''] of text.toLowerCase().matchAll(clauses))
    for (const item of list.split(',')) {
      const [, table, alias] = /^\s*([a-z_]\w*)(?:\s+(?:as\s+)?([a-z_]\w*))?/.exec(item) ?? []
      if (table === undefined) continue
      found.set(table, table)
      if (alias !== undefined) found.set(alias, table)
    }
  return found
}

const KEYWORDS: readonly string[] =
  'select from where join left right full inner outer cross lateral on using group by having order limit offset union intersect except distinct as and or not in exists between like ilike is null true false case when then else end with recursive values insert into update set delete explain analyze asc desc nulls first last count sum min max avg coalesce'.split(
    ' ',
  )
