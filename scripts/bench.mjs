// Compiles src/ and bench/ aside and runs one benchmark: `node scripts/bench.mjs read`. Exits with 1 when a goal is missed.
import { spawnSync } from 'node:child_process'

const out = 'node_modules/.cache/d365-bench'
const [name, ...rest] = process.argv.slice(2)
process.exitCode =
  run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.bench.json', '--outDir', out) ||
  run(`${out}/bench/${name}.js`, ...rest)

function run(...args) {
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1
}
