import type { Command } from 'commander'
import {
  type ConnectedLoadOptions,
  type LoadPart,
  parseWriteMode,
  type RowsFormat,
  type WriteMode,
} from '../connect.ts'
import { D365Error } from '../core/errors.ts'
import { type ConnectionOptions, withConnectionOptions } from './connection-options.ts'
import { count, wholeNumber } from './numbers.ts'

/** The options of every command that writes rows of files. */
export interface LoadCommandOptions extends ConnectionOptions {
  readonly mode?: string
  readonly key?: readonly string[]
  readonly inputFormat?: string
  readonly delimiter?: string
  readonly map?: readonly string[]
  readonly default?: readonly string[]
  readonly locale?: string
  readonly timeZone?: string
  readonly keepEmpty?: boolean
  readonly skipUnchanged?: boolean
  readonly skipExisting?: boolean
  readonly bypass?: readonly string[]
  readonly detectDuplicates?: boolean
  readonly as?: string
  readonly dryRun?: boolean
  readonly maxErrors?: number
  readonly route?: string
  readonly batchSize?: number
  readonly parallel?: number
  readonly alsoAs?: readonly string[]
  /** The run that has to be gone on with; false: none is. */
  readonly resume?: string | false
}

export function withLoadOptions(command: Command): Command {
  return withConnectionOptions(command)
    .option('--input-format <format>', `${FORMATS.join(', ')} (default: by the ending of the name)`)
    .option('--delimiter <character>', 'between the cells of a CSV: one character, or tab (default: a comma)')
    .option('--map <from=to...>', 'columns of the input by other names; from= leaves one out')
    .option('--default <column=value...>', 'values for rows that have none of their own')
    .option(
      '--locale <tag>',
      'spelling of numbers and dates in a CSV, e.g. de-DE (default: 1234.5, 2024-12-31)',
    )
    .option('--time-zone <zone>', 'of times that say none, e.g. Europe/Berlin (default: UTC)')
    .option('--keep-empty', 'an empty cell leaves its column as it is, instead of clearing it')
    .option('--skip-unchanged', 'read first, in bulk, and send only rows that change something')
    .option('--skip-existing', 'insert only rows whose --key does not exist yet, and leave the others alone')
    .option('--bypass <logic...>', `do not run: ${BYPASSES.join(', ')} (each needs a privilege)`)
    .option('--detect-duplicates', "let the environment's duplicate rules refuse rows")
    .option('--as <user>', 'write as this user: sign-in name, e-mail address or id')
    .option('--dry-run', 'only compare, and say what would happen')
    .option('--max-errors <rows>', 'stop when more rows than this were rejected', count('--max-errors'))
    .option('--route <route>', `how rows travel: ${ROUTES.join(', ')} (default: auto)`)
    .option(
      '--batch-size <rows>',
      'rows per request (default: what takes about a third of a second)',
      wholeNumber('--batch-size'),
    )
    .option(
      '--parallel <requests>',
      'requests of one user at a time (default: as many as make it faster, and the service recommends)',
      wholeNumber('--parallel'),
    )
    .option(
      '--also-as <credentials...>',
      'saved credentials of more application users that share the writing',
    )
    .option(
      '--resume <run>',
      'go on with this run, or stop: d365 runs list shows them (default: where it is the same write)',
    )
    .option('--no-resume', 'begin anew, even where the same write was interrupted before')
}

const BYPASSES = ['sync', 'async', 'plugins', 'flows'] as const
const ROUTES = ['auto', 'multiple', 'batch', 'single'] as const
const FORMATS = ['csv', 'ndjson', 'parquet'] as const

/** Options of the load itself, without those of a part of it. */
export function loadOptions(options: LoadCommandOptions): Omit<ConnectedLoadOptions<string>, 'signal'> {
  const { locale, timeZone, keepEmpty, skipUnchanged, skipExisting, bypass, detectDuplicates, as, dryRun } =
    options
  const { maxErrors, route, batchSize, parallel, alsoAs, resume } = options
  return {
    resume: resume !== false,
    emptyAsNull: !keepEmpty,
    dryRun: dryRun ?? false,
    ...(locale === undefined ? {} : { locale }),
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(skipUnchanged === undefined ? {} : { skipUnchanged }),
    ...(skipExisting === undefined ? {} : { skipExisting }),
    ...(bypass === undefined ? {} : { bypass: bypassOf(bypass) }),
    ...(detectDuplicates === undefined ? {} : { detectDuplicates }),
    ...(as === undefined ? {} : { actAs: as }),
    ...(maxErrors === undefined ? {} : { maxErrors }),
    ...(route === undefined ? {} : { route: routeOf(route) }),
    ...(alsoAs === undefined ? {} : { alsoAs }),
    ...(batchSize === undefined ? {} : { batchSize }),
    ...(parallel === undefined ? {} : { parallel }),
  }
}

/** Names and defaults of the columns. */
export function shapeOptions({
  map,
  default: defaults,
}: LoadCommandOptions): Pick<LoadPart, 'map' | 'defaults'> {
  const pairs = (option: string, texts: readonly string[]) => texts.map((text) => pairOf(option, text))
  return {
    ...(map === undefined
      ? {}
      : { map: Object.fromEntries(pairs('--map', map).map(([from, to]) => [from, to === '' ? null : to])) }),
    ...(defaults === undefined ? {} : { defaults: Object.fromEntries(pairs('--default', defaults)) }),
  }
}

export function inputOptions({ inputFormat, delimiter }: LoadCommandOptions): {
  readonly format: RowsFormat | undefined
  readonly delimiter: string | undefined
} {
  const format = FORMATS.find((name) => name === inputFormat?.toLowerCase())
  if (inputFormat !== undefined && format === undefined)
    throw new D365Error(
      'CONFIG_INVALID',
      `--input-format is ${inputFormat}; it must be one of ${FORMATS.join(', ')}.`,
    )
  // A tab is hard to type.
  return { format, delimiter: delimiter === 'tab' || delimiter === '\\t' ? '\t' : delimiter }
}

function pairOf(option: string, text: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at).trim(), text.slice(at + 1)]
  throw new D365Error('CONFIG_INVALID', `${option} has ${JSON.stringify(text)}; it takes name=value.`)
}

function bypassOf(names: readonly string[]) {
  return names
    .flatMap((text) => text.split(','))
    .map((text) => {
      const name = BYPASSES.find((one) => one === text.trim().toLowerCase())
      if (name) return name
      throw new D365Error('CONFIG_INVALID', `--bypass is ${text}; it must be of ${BYPASSES.join(', ')}.`)
    })
}

function routeOf(text: string): (typeof ROUTES)[number] {
  const route = ROUTES.find((name) => name === text.toLowerCase())
  if (route) return route
  throw new D365Error('CONFIG_INVALID', `--route is ${text}; it must be one of ${ROUTES.join(', ')}.`)
}

export function modeOf(text: string): WriteMode {
  const mode = parseWriteMode(text)
  if (mode) return mode
  throw new D365Error(
    'CONFIG_INVALID',
    `--mode is ${text}; it must be one of insert, update, upsert, delete.`,
  )
}
