import { D365Error } from '../core/errors.ts'
import { ROW_FORMATS } from './row-format.ts'

export interface FormatChoice<Format extends string> {
  readonly format?: string
  readonly output?: string
  readonly json?: boolean
  /** Those the command knows. Default: rows as text. */
  readonly formats?: readonly Format[]
}

type Known<Format extends string> = Format | (typeof ROW_FORMATS)[number]

/** The format that was asked for, or the one the output file's name ends in. */
export function chooseFormat<Format extends string = never>({
  format,
  output,
  json,
  formats = [],
}: FormatChoice<Format>): Known<Format> {
  const known: readonly Known<Format>[] = [...ROW_FORMATS, ...formats]
  if (format !== undefined) {
    const named = known.find((name) => name === format.toLowerCase())
    if (named) return named
    throw new D365Error('CONFIG_INVALID', `--format is ${format}; it must be one of ${known.join(', ')}.`)
  }
  if (json) return 'json'
  const ending = output?.split('.').at(-1)?.toLowerCase()
  const meant = ending === 'table' ? undefined : known.find((name) => name === ending)
  if (meant) return meant
  if (output === undefined || ending === 'txt') return 'table'
  throw new D365Error('CONFIG_INVALID', `The format of ${output} is not clear from its name.`, {
    hint: `Add --format ${known.join('|')}, or end the name in ${known
      .slice(1)
      .map((name) => `.${name}`)
      .join(', ')}.`,
  })
}
