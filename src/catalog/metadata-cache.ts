import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'

/** Metadata kept on disk between processes, by environment and by the version the service gives its metadata. */
export interface MetadataCache {
  /** Undefined where nothing usable is kept. */
  read(version: string, name: string): Promise<unknown>
  write(version: string, name: string, value: unknown): Promise<void>
}

/** Changes when what is kept changes its form, so that an old cache is not misread. */
const FORM = 1

/** A cache that cannot be read or written is no reason to fail: the service is asked instead. */
export function createMetadataCache({ folder, root }: { folder: string; root: string }): MetadataCache {
  const environment = join(folder, createHash('sha256').update(root).digest('hex').slice(0, 16))
  const versionFolder = (version: string) => join(environment, `${FORM}-${version.replace(/[^\w.-]/g, '_')}`)
  return {
    read: async (version, name) => {
      try {
        return JSON.parse(await readFile(join(versionFolder(version), `${name}.json`), 'utf8'))
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
