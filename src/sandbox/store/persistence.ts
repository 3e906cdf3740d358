/**
 * Keeps a whole store in a folder: schema, organization, rows, deletions, files and the version.
 *
 *     environment.json                  which saved-<n> counts, and the digest of everything in it
 *     saved-<n>/schema.json             tables and relationships
 *     saved-<n>/<table>.rows.ndjson     a row a line, in key order; environment.json names the columns
 *     saved-<n>/<table>.deletions.ndjson
 *     saved-<n>/file-<n>                bytes of file and image columns
 *
 * Saving writes a new `saved-<n>` to the end, then replaces environment.json by rename: that is the moment it counts.
 * Before it the old state loads, after it the new one; what a crash left behind goes with the next save.
 */
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { D365Error } from '../../core/errors.ts'
import {
  FORMAT,
  type Manifest,
  readManifest,
  readSchema,
  type SavedFile,
  type SavedTable,
} from './manifest.ts'
import { createStore, type MemoryStore } from './memory-store.ts'
import {
  damaged,
  messageOf,
  readBytes,
  readLines,
  syncFolder,
  unreadable,
  type Written,
  writeBytes,
  writeLines,
} from './saved-file.ts'
import {
  columnsOf,
  parseDeletion,
  parsed,
  printDeletion,
  printRow,
  rowParser,
  textSharing,
} from './saved-row.ts'
import { createSchema } from './schema-index.ts'
import type { Deletion, StoredFile, StoredRow } from './store.ts'

const MANIFEST = 'environment.json'
const GENERATION = /^saved-(\d+)$/

/** The environment saved in `dir`; undefined where the folder holds none. Throws, naming the file, where one is damaged. */
export async function loadStore(dir: string): Promise<MemoryStore | undefined> {
  const path = join(dir, MANIFEST)
  const text = await textOf(path)
  if (text === undefined) return undefined
  const manifest = readManifest(parsed(text), path)
  const at = (name: string): string => join(dir, manifest.folder, name)
  const schemaText = await joined(readLines(at('schema.json'), manifest.schema))
  const schema = readSchema(parsed(schemaText), at('schema.json'))
  const store = createStore(createSchema(schema), manifest.organization)
  const share = textSharing()
  for (const { name, columns, rows, deletions } of manifest.tables) {
    if (!store.schema.table(name))
      throw damaged(path, `it has rows of ${name}, a table that the schema lacks`)
    const load = (list: readonly StoredRow[]): void => store.load(name, list)
    await parseFile(at(rowsFile(name)), rows, { parse: rowParser(columns, share), load })
    if (!deletions) continue
    const loadDeletions = (list: readonly Deletion[]): void => store.loadDeletions(name, list)
    await parseFile(at(deletionsFile(name)), deletions, { parse: parseDeletion, load: loadDeletions })
  }
  for (const [index, { id, name, mimeType, ...written }] of manifest.files.entries())
    store.files.set(id, { name, mimeType, bytes: await readBytes(at(bytesFile(index)), written) })
  store.setVersion(BigInt(manifest.version))
  return store
}

/** Makes `dir` where needed. What is saved is the store as it is at the call, whatever is written to it meanwhile. */
export async function saveStore(store: MemoryStore, dir: string): Promise<void> {
  const taken = takeContents(store)
  let folder: string | undefined
  try {
    await mkdir(dir, { recursive: true })
    folder = await makeGeneration(dir)
    const manifest = await writeContents(taken, { dir, folder })
    await replaceManifest(dir, manifest)
    await removeOthers(dir, folder)
  } catch (cause) {
    const unfinished = folder
    if (unfinished !== undefined && (await currentFolder(dir)) !== unfinished)
      await rm(join(dir, unfinished), { recursive: true, force: true }).catch(() => undefined)
    throw new D365Error('IO_FAILED', `The environment could not be saved in ${dir}: ${messageOf(cause)}.`, {
      hint: 'What was saved before is still there. Check that the folder can be written and the disk has room.',
      cause,
    })
  }
}

interface Contents {
  readonly store: MemoryStore
  readonly version: bigint
  readonly tables: readonly {
    readonly name: string
    readonly rows: readonly StoredRow[]
    readonly deletions: readonly Deletion[]
  }[]
  readonly files: readonly (readonly [string, StoredFile])[]
}

/** In one go: a write replaces a row and never changes one, so lists of rows are a picture of the moment. */
function takeContents(store: MemoryStore): Contents {
  return {
    store,
    version: store.version,
    tables: [...store.tables].map(([name, table]) => ({
      name,
      rows: [...table.rowsByKey()],
      deletions: [...table.deletions],
    })),
    files: [...store.files],
  }
}

/** A number no save had before; `mkdir` refuses one that another process takes at the same time. */
async function makeGeneration(dir: string): Promise<string> {
  const folder = `saved-${Math.max(0, ...(await generations(dir)).map(numberOf)) + 1}`
  await mkdir(join(dir, folder))
  return folder
}

async function writeContents(
  { store, version, tables, files }: Contents,
  { dir, folder }: { dir: string; folder: string },
): Promise<Manifest> {
  const at = (name: string): string => join(dir, folder, name)
  const { organization } = store
  const { tables: definitions, oneToMany, manyToMany } = store.schema
  const schema = await writeLines(at('schema.json'), [
    JSON.stringify({ tables: definitions, oneToMany, manyToMany }),
  ])
  const savedTables: SavedTable[] = []
  for (const { name, rows, deletions } of tables) {
    const columns = columnsOf(rows)
    const savedRows = await writeLines(
      at(rowsFile(name)),
      mapped(rows, (row) => printRow(row, columns)),
    )
    const savedDeletions =
      deletions.length === 0
        ? {}
        : { deletions: await writeLines(at(deletionsFile(name)), mapped(deletions, printDeletion)) }
    savedTables.push({ name, columns, rows: savedRows, ...savedDeletions })
  }
  const savedFiles: SavedFile[] = []
  for (const [index, [id, { name, mimeType, bytes }]] of files.entries())
    savedFiles.push({ id, name, mimeType, ...(await writeBytes(at(bytesFile(index)), bytes)) })
  return {
    format: FORMAT,
    folder,
    version: String(version),
    organization,
    schema,
    tables: savedTables,
    files: savedFiles,
  }
}

/** Written in the new folder, which no earlier save touched, and moved out of it when it is safely on the disk. */
async function replaceManifest(dir: string, manifest: Manifest): Promise<void> {
  const next = join(dir, manifest.folder, MANIFEST)
  await writeLines(next, [JSON.stringify(manifest, undefined, 2)])
  await syncFolder(join(dir, manifest.folder))
  await rename(next, join(dir, MANIFEST))
  await syncFolder(dir)
}

/** Earlier saves, and what crashed ones left. One that cannot be removed now is removed by the next save. */
async function removeOthers(dir: string, folder: string): Promise<void> {
  for (const name of await generations(dir))
    if (name !== folder) await rm(join(dir, name), { recursive: true, force: true }).catch(() => undefined)
}

async function currentFolder(dir: string): Promise<string | undefined> {
  const path = join(dir, MANIFEST)
  const text = await textOf(path).catch(() => undefined)
  return text === undefined ? undefined : readManifest(parsed(text), path).folder
}

async function generations(dir: string): Promise<string[]> {
  return (await readdir(dir)).filter((name) => GENERATION.test(name))
}

const numberOf = (folder: string): number => Number(GENERATION.exec(folder)?.[1] ?? 0)
const rowsFile = (table: string): string => `${table}.rows.ndjson`
const deletionsFile = (table: string): string => `${table}.deletions.ndjson`
const bytesFile = (index: number): string => `file-${index + 1}`

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw unreadable(path, cause)
  }
}

async function joined(blocks: AsyncIterable<readonly string[]>): Promise<string> {
  const lines: string[] = []
  for await (const block of blocks) lines.push(...block)
  return lines.join('\n')
}

interface LineReading<T> {
  /** Undefined: the line means nothing. */
  readonly parse: (line: string) => T | undefined
  readonly load: (values: readonly T[]) => void
}

async function parseFile<T>(path: string, written: Written, { parse, load }: LineReading<T>): Promise<void> {
  let number = 0
  for await (const block of readLines(path, written)) {
    const values = block.map((line): T => {
      number++
      const value = parse(line)
      if (value === undefined) throw damaged(path, `line ${number} cannot be read`)
      return value
    })
    load(values)
  }
}

function* mapped<T>(items: readonly T[], print: (item: T) => string): Generator<string> {
  for (const item of items) yield print(item)
}
