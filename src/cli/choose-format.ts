import { D365Error } from '../core/errors.ts'
import { parseRowFormat, ROW_FORMATS, type RowFormat } from './row-format.ts'

export interface FormatChoice {
  readonly format?: string
  readonly output?: string
  readonly json?: boolean
}

/** The format that was asked for, or the one the output file's name ends in. */
export function chooseFormat({ format, output, json }: FormatChoice): RowFormat {
  if (format !== undefined) return parseRowFormat(format)
  if (json) return 'json'
  const ending = output?.split('.').at(-1)?.toLowerCase()
  if (ending === 'csv' || ending === 'json' || ending === 'ndjson') return ending
  if (output === undefined || ending === 'txt') return 'table'
  throw new D365Error('CONFIG_INVALID', `The format of ${output} is not clear from its name.`, {
    hint: `Add --format ${ROW_FORMATS.join('|')}, or end the name in .csv, .json or .ndjson.`,
  })
}
