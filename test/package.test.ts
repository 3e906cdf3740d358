import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

/**
 * What a user installs: the packed tarball in an empty folder, with exactly the dependencies it declares.
 * The dependencies are linked from this checkout, so that no test needs the registry.
 */

const root = fileURLToPath(new URL('..', import.meta.url))
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'd365-package-'))
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'pipe' })
  const packed = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  )
  const target = join(folder, 'node_modules/d365')
  mkdirSync(target, { recursive: true })
  execFileSync('tar', ['-xzf', join(folder, packed[0].filename), '-C', target, '--strip-components=1'])
  const manifest = JSON.parse(readFileSync(join(target, 'package.json'), 'utf8'))
  for (const name of Object.keys(manifest.dependencies)) link(name)
  const bin = join(target, manifest.bin.d365)
  chmodSync(bin, 0o755)
  mkdirSync(join(folder, 'node_modules/.bin'))
  symlinkSync(bin, join(folder, 'node_modules/.bin/d365'))
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'consumer', type: 'module', private: true }),
  )
}, 120_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function link(name: string): void {
  const target = join(folder, 'node_modules', name)
  mkdirSync(dirname(target), { recursive: true })
  symlinkSync(join(root, 'node_modules', name), target)
}

/** As a user's shell would: without the `npm_config_*` an outer `npm exec` leaves behind, which `npx` would obey. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)))

function run(command: string, args: readonly string[]): string {
  return execFileSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

function d365(args: readonly string[]): string {
  return run(process.execPath, ['node_modules/.bin/d365', ...args])
}

test('npx d365 runs from the tarball', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(run('npx', ['--no', '--', 'd365', '--version']).trim()).toBe(version)
  expect(run('npx', ['--no', '--', 'd365', '--help'])).toContain('d365 demo')
})

test.each([
  ['bash', '__d365_complete'],
  ['zsh', '#compdef d365'],
  ['fish', 'complete -c d365'],
  ['powershell', 'Register-ArgumentCompleter'],
])('completion %s prints a script that asks d365 itself', (shell, script) => {
  expect(d365(['completion', shell])).toContain(script)
})

test('what the shell asks for is answered with commands and options', () => {
  expect(d365(['complete', '--', 'cred'])).toContain('credential')
  const options = d365(['complete', '--', 'read', 'account', '--or'])
  expect(options).toContain('--orderby')
})

test('an ES module imports the library and the sandbox and reads a row', () => {
  writeFileSync(
    join(folder, 'use.js'),
    `import { connect } from 'd365'
import { createSandbox } from 'd365/sandbox'
const server = await createSandbox().listen({ port: 0 })
const connection = await connect(server.connectionString)
for await (const row of await connection.read('account', { select: ['name'], top: 1 })) console.log(typeof row.name)
await connection.close()
await server.close()
`,
  )
  expect(run(process.execPath, ['use.js']).trim()).toBe('string')
}, 60_000)

test('a strict TypeScript project compiles against the published types', () => {
  writeFileSync(
    join(folder, 'use.ts'),
    `import { type Connection, connect, D365Error, type Row } from 'd365'
import { createSandbox } from 'd365/sandbox'
export async function names(text: string): Promise<string[]> {
  await using connection: Connection = await connect(text)
  const found: string[] = []
  try {
    for await (const row of await connection.read('account', { select: ['name'] })) found.push(label(row))
  } catch (error) {
    if (error instanceof D365Error) throw new Error(error.hint ?? error.code)
    throw error
  }
  return found
}
const label = (row: Row): string => String(row['name'])
export const sandbox = createSandbox({ rows: 10 })
`,
  )
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        module: 'nodenext',
        target: 'es2023',
        lib: ['es2023', 'esnext.disposable', 'dom'],
        strict: true,
        noEmit: true,
        types: [],
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
      },
      files: ['use.ts'],
    }),
  )
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder])
}, 60_000)

test('the tarball holds the program and its documents, and nothing of the workshop', () => {
  const files = run('find', ['node_modules/d365', '-type', 'f']).split('\n')
  expect(files.filter((file) => /\.test\.|test-support|\/src\/|\/bench\//.test(file))).toEqual([])
  expect(files).toEqual(expect.arrayContaining(['node_modules/d365/README.md', 'node_modules/d365/LICENSE']))
})

test('the studio runs from the tarball, with its pages', async () => {
  const program = spawn(process.execPath, ['node_modules/.bin/d365', 'studio', '--no-open', '--port', '0'], {
    cwd: folder,
    env: { ...environment, D365_CONFIG_DIR: join(folder, 'config'), D365_SECRET_STORE: 'file' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  for await (const chunk of program.stdout) {
    printed += String(chunk)
    if (printed.includes('key=')) break
  }
  const [origin = ''] = /http:[^#\s]+/.exec(printed) ?? []
  const page = await (await fetch(origin)).text()
  const script = /src="\.?(\/assets\/[^"]+\.js)"/.exec(page)?.[1] ?? ''
  expect((await fetch(new URL(script, origin))).headers.get('content-type')).toContain('javascript')
  const ended = once(program, 'exit')
  program.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
}, 60_000)
