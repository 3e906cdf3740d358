import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const root = fileURLToPath(new URL('../..', import.meta.url))
const pages = join(root, 'src/studio/ui')

/**
 * The pages of the studio as they are in the sources now, built once for each state of them: test files that run
 * side by side find what another one built.
 */
export async function builtPages(): Promise<string> {
  const folder = join(tmpdir(), `d365-studio-${stateOf()}`)
  if (existsSync(folder)) return folder
  const own = mkdtempSync(join(dirname(folder), 'd365-studio-'))
  await build({
    configFile: join(pages, 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir: own, emptyOutDir: true },
  })
  try {
    renameSync(own, folder)
  } catch (error) {
    rmSync(own, { recursive: true })
    if (!existsSync(folder)) throw error
  }
  return folder
}

function stateOf(): string {
  const hash = createHash('sha256')
  const files = readdirSync(pages, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort()
  for (const file of [...files, join(root, 'package-lock.json')]) hash.update(file).update(readFileSync(file))
  return hash.digest('hex').slice(0, 16)
}
