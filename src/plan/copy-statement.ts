import { type Fields, isFields, listOf, nodeOf, positionOf, textOf } from './ast.ts'
import { type Statement, sqlError } from './parse.ts'

/** `COPY (SELECT …) TO 'file' (FORMAT …)`: where the answer goes. */
export interface CopyTarget {
  readonly file: string
  readonly format: CopyFormat
}

export type CopyFormat = 'csv' | 'json' | 'ndjson' | 'parquet'

/** By the name of the format, and of files that hold it. */
export const COPY_FORMATS: readonly CopyFormat[] = ['csv', 'json', 'ndjson', 'parquet']

export interface Copied {
  /** The query whose answer is written. */
  readonly statement: Statement
  readonly copy: CopyTarget | undefined
}

export function readCopy(statement: Statement): Copied {
  const { text } = statement
  const found = nodeOf(statement.tree, 'CopyStmt')
  if (!found) return { statement, copy: undefined }
  if (found.is_from === true)
    throw sqlError('COPY … FROM is not understood', {
      text,
      position: 0,
      hint: 'To write the rows of a file into a table: d365 write TABLE --from FILE.',
    })
  const file = textOf(found.filename)
  if (file === undefined || found.is_program === true)
    throw sqlError('COPY has to name a file', {
      text,
      position: 0,
      hint: "For example: copy (select name from account) to 'accounts.parquet'.",
    })
  return {
    statement: { text, tree: isFields(found.query) ? found.query : wholeTable(found) },
    copy: { file, format: formatOf(found, file, text) },
  }
}

function wholeTable({ relation, attlist }: Fields): Fields {
  const columns = listOf(attlist).map((name) => ({ ColumnRef: { fields: [name] } }))
  const star = { ColumnRef: { fields: [{ A_Star: {} }] } }
  return {
    SelectStmt: {
      targetList: (columns.length === 0 ? [star] : columns).map((val) => ({ ResTarget: { val } })),
      fromClause: [{ RangeVar: relation }],
      limitOption: 'LIMIT_OPTION_DEFAULT',
      op: 'SETOP_NONE',
    },
  }
}

function formatOf({ options }: Fields, file: string, text: string): CopyFormat {
  let named: string | undefined
  for (const item of listOf(options)) {
    const option = nodeOf(item, 'DefElem') ?? {}
    const value = textOf(nodeOf(option.arg, 'String')?.sval)?.toLowerCase()
    // A file has its column names in any case.
    if (option.defname === 'header' && value !== 'false') continue
    if (option.defname !== 'format')
      throw sqlError(`COPY has no option ${textOf(option.defname)}`, {
        text,
        position: positionOf(option),
        hint: `There is FORMAT ${COPY_FORMATS.join(', ')}.`,
      })
    named = value
  }
  const wanted = named ?? file.split('.').at(-1)?.toLowerCase()
  const format = COPY_FORMATS.find((one) => one === wanted)
  if (format) return format
  throw sqlError(
    named === undefined ? `The format of ${file} is not clear from its name` : `There is no format ${named}`,
    {
      text,
      position: undefined,
      hint: `Write (format ${COPY_FORMATS.join('|')}), or end the name so.`,
    },
  )
}
