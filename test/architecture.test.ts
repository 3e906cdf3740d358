import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'

/** What each folder of src/ may import. ARCHITECTURE.md shows the same table. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  core: [],
  capabilities: ['core'],
  auth: ['core'],
  odata: ['core'],
  service: ['core', 'capabilities', 'odata', 'auth'],
  catalog: ['core', 'capabilities', 'odata', 'service'],
  plan: ['core', 'capabilities', 'odata', 'catalog'],
  output: ['core'],
  engine: ['core', 'odata', 'service', 'catalog', 'plan', 'output'],
  write: ['core', 'capabilities', 'odata', 'service', 'catalog', 'plan'],
  doctor: ['core', 'capabilities', 'auth', 'odata', 'service', 'catalog'],
  sandbox: ['core'],
  studio: ['core', 'connect.ts', 'output'],
  cli: ['core', 'connect.ts', 'output', 'studio', 'sandbox'],
}

/** Files directly under src/: the composition root and the package's list of public names. */
const ROOT_FILES: Record<string, readonly string[]> = {
  'connection.ts': ['core', 'auth', 'service', 'catalog', 'plan', 'engine', 'write', 'doctor'],
  'connect.ts': [
    'connection.ts',
    'core',
    'capabilities',
    'auth',
    'odata',
    'service',
    'catalog',
    'plan',
    'output',
    'engine',
    'write',
    'doctor',
  ],
  'index.ts': ['core', 'connect.ts'],
}

const MAX_LINES = 400
const MAX_TEST_LINES = 600

const src = new URL('../src/', import.meta.url).pathname
const topOf = (file: string): string => relative(src, file).split('/')[0] ?? ''

function* sourceFiles(dir: string): Generator<string> {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) yield* sourceFiles(path)
    else if (/\.tsx?$/.test(entry.name)) yield path
  }
}

const isTest = (file: string): boolean => /\.(test|test-support)\.tsx?$/.test(file)

function importsOf(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(
    ([, specifier = '']) => join(file, '..', specifier),
  )
}

function offences(files: Iterable<string>, own: string, allowed: readonly string[]): string[] {
  return [...files]
    .filter((file) => !isTest(file))
    .flatMap((file) =>
      importsOf(file)
        .map(topOf)
        .filter((target) => target !== own && !allowed.includes(target))
        .map((target) => `${relative(src, file)} imports ${target}`),
    )
}

test.each(Object.entries(MAY_IMPORT))('%s/ imports only the folders below it', (folder, allowed) => {
  expect(offences(sourceFiles(join(src, folder)), folder, allowed)).toEqual([])
})

test.each(Object.entries(ROOT_FILES))('%s imports only what the table allows', (file, allowed) => {
  expect(offences([join(src, file)], file, allowed)).toEqual([])
})

test('every folder and file of src/ is in the table', () => {
  const entries = readdirSync(src, { withFileTypes: true }).map((entry) => entry.name)
  expect(entries.sort()).toEqual([...Object.keys(MAY_IMPORT), ...Object.keys(ROOT_FILES)].sort())
})

test('the pages of the studio take only types from the program: their bundle holds none of it', () => {
  const ui = join(src, 'studio/ui')
  const offending = [...sourceFiles(ui)].flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/^(?:import|export)(?! type\b)[^'"]*from '([^']+)'/gm)]
      .map(([, specifier = '']) => specifier)
      .filter((specifier) => specifier.startsWith('.') || specifier.startsWith('node:'))
      .filter(
        (specifier) => specifier.startsWith('node:') || !join(file, '..', specifier).startsWith(`${ui}/`),
      )
      .map((specifier) => `${relative(src, file)} imports ${specifier}`),
  )
  expect(offending.filter((line) => !line.startsWith('studio/ui/vite.config.ts'))).toEqual([])
})

test(`no file is longer than ${MAX_LINES} lines (${MAX_TEST_LINES} for a test)`, () => {
  const long = [...sourceFiles(src)]
    .map((file) => ({ file, lines: readFileSync(file, 'utf8').split('\n').length - 1 }))
    .filter(({ file, lines }) => lines > (isTest(file) ? MAX_TEST_LINES : MAX_LINES))
    .map(({ file, lines }) => `${relative(src, file)}: ${lines} lines`)
  expect(long).toEqual([])
})
