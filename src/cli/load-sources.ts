import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { isQuery, parseWriteMode, type WriteMode } from '../connect.ts'
import { D365Error } from '../core/errors.ts'

/** One table of a load, as the command line or a manifest names it. */
export interface LoadSource {
  readonly table: string
  /** A file, absolute, or a query. */
  readonly from: string
  readonly mode?: WriteMode
  readonly key?: readonly string[]
  readonly map?: Readonly<Record<string, string | null>>
  readonly defaults?: Readonly<Record<string, unknown>>
}

/** `account=accounts.csv`, a folder of files named for their tables, or a manifest. */
export async function loadSources(texts: readonly string[]): Promise<readonly LoadSource[]> {
  const sources: LoadSource[] = []
  for (const text of texts) sources.push(...(await sourcesOf(text)))
  const twice = sources.find(({ from }, at) => sources.findIndex((one) => one.from === from) !== at)
  if (twice) throw new D365Error('CONFIG_INVALID', `${twice.from} is in the load twice.`)
  return sources
}

async function sourcesOf(text: string): Promise<readonly LoadSource[]> {
  const [, table, from] = /^(\w+)=(.+)$/s.exec(text) ?? []
  if (table !== undefined && from !== undefined) return [{ table, from: place('.', from) }]
  const found = await stat(text).catch(() => undefined)
  if (found?.isDirectory()) return inFolder(text)
  if (found && /\.json$/i.test(text)) return inManifest(text)
  throw new D365Error(
    found ? 'CONFIG_INVALID' : 'IO_FAILED',
    found ? `What table ${text} is for, its name does not say.` : `There is no file or folder ${text}.`,
    {
      hint: `Say account=${basename(text)}, or give a folder whose files are named for their tables, or a manifest (.json).`,
    },
  )
}

async function inFolder(folder: string): Promise<readonly LoadSource[]> {
  const files = (await readdir(folder)).filter(
    (name) => /\.(csv|tsv|ndjson|jsonl|parquet)$/i.test(name) && !/\.(rejects|incomplete)\./i.test(name),
  )
  if (files.length === 0)
    throw new D365Error('IO_FAILED', `${folder} holds no CSV, NDJSON or Parquet file.`, {
      hint: 'Name each file for its table: account.csv, contact.parquet.',
    })
  return files.sort().map((name) => ({ table: name.replace(/\.\w+$/, ''), from: resolve(folder, name) }))
}

async function inManifest(path: string): Promise<readonly LoadSource[]> {
  const wrong = (reason: string): D365Error =>
    new D365Error('CONFIG_INVALID', `${path}: ${reason}`, { hint: `For example ${EXAMPLE}` })
  const manifest = parsed(await readFile(path, 'utf8'))
  const tables = isRecord(manifest) ? manifest.tables : undefined
  if (!Array.isArray(tables) || tables.length === 0) throw wrong('it must be an object with a list "tables".')
  return tables.map((entry: unknown): LoadSource => {
    if (!isRecord(entry)) throw wrong('each of its tables must be an object.')
    const unknown = Object.keys(entry).find((name) => !KNOWN.includes(name))
    if (unknown !== undefined) throw wrong(`${unknown} means nothing; there are ${KNOWN.join(', ')}.`)
    const { table, from, mode, key, map, defaults } = entry
    if (typeof table !== 'string' || typeof from !== 'string')
      throw wrong('each table needs "table" and "from".')
    const chosen = mode === undefined ? undefined : parseWriteMode(String(mode))
    if (mode !== undefined && chosen === undefined) throw wrong(`mode is ${String(mode)}.`)
    return {
      table,
      from: place(dirname(path), from),
      ...(chosen === undefined ? {} : { mode: chosen }),
      ...(key === undefined ? {} : { key: Array.isArray(key) ? key.map(String) : [String(key)] }),
      ...(isRecord(map) ? { map: textMap(map) } : {}),
      ...(isRecord(defaults) ? { defaults } : {}),
    }
  })
}

const KNOWN = ['table', 'from', 'mode', 'key', 'map', 'defaults']
const EXAMPLE =
  '{"tables": [{"table": "account", "from": "accounts.csv", "mode": "upsert", "key": ["accountnumber"]}]}'

/** A query has no place. */
function place(folder: string, from: string): string {
  return isQuery(from) ? from : resolve(folder, from)
}

function textMap(map: Readonly<Record<string, unknown>>): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    Object.entries(map).map(([from, to]) => [from, to === null || to === '' ? null : String(to)]),
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
