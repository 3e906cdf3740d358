// Compiles src/ and bench/ aside and runs one benchmark: `node scripts/bench.mjs read`.
import { execFileSync } from 'node:child_process'

const out = 'node_modules/.cache/d365-bench'
execFileSync(
  process.execPath,
  ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.bench.json', '--outDir', out],
  { stdio: 'inherit' },
)
execFileSync(process.execPath, [`${out}/bench/${process.argv[2]}.js`, ...process.argv.slice(3)], {
  stdio: 'inherit',
})
