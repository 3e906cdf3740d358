import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'

/** Metadata kept on disk between processes, by environment and by the version the service gives its metadata. */
export interface MetadataCache {
  /** Undefined where nothing usable is kept. */
  read(version: string, name: string): Promise<unknown>
  write(version: string, name: string, value: unknown): Promise<void>
}

/** Changes when what is kept changes its form, so that an old cache is not misread. */
const FORM = 2

/** A cache that cannot be read or written is no reason to fail: the service is asked instead. */
export interface MetadataCacheOptions {
  readonly folder: string
  readonly root: string
  /** Who reads, in any form: labels come in the reader's language. Only a digest of it is kept. */
  readonly reader: unknown
  /** ms since 1970. Default: the time of this machine. */
  readonly now?: () => number
}

/** A reader may change their language, which changes no version. */
const MAX_AGE_MS = 24 * 3_600_000

export function createMetadataCache({
  folder,
  root,
  reader,
  now = Date.now,
}: MetadataCacheOptions): MetadataCache {
  const digest = createHash('sha256')
    .update(JSON.stringify([root, reader]))
    .digest('hex')
  const environment = join(folder, digest.slice(0, 16))
  const versionFolder = (version: string) => join(environment, `${FORM}-${version.replace(/[^\w.-]/g, '_')}`)
  return {
    read: async (version, name) => {
      try {
        const file = join(versionFolder(version), `${name}.json`)
        if (now() - (await stat(file)).mtimeMs > MAX_AGE_MS) return undefined
        return JSON.parse(await readFile(file, 'utf8'))
      } catch {
        return undefined
      }
    },
    write: async (version, name, value) => {
      const own = versionFolder(version)
      try {
        await mkdir(own, { recursive: true })
        await writeFileAtomic(join(own, `${name}.json`), JSON.stringify(value))
        await removeOthers(environment, own)
      } catch {
        return
      }
    },
  }
}

/** Versions the service has left behind are of no use any more. */
async function removeOthers(environment: string, own: string): Promise<void> {
  for (const entry of await readdir(environment)) {
    const path = join(environment, entry)
    if (path !== own) await rm(path, { recursive: true, force: true })
  }
}
