// Compiles src/ to dist/, bundles the pages of the studio, and makes the command line executable.
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, rmSync } from 'node:fs'

const run = (args) => execFileSync(process.execPath, args, { stdio: 'inherit' })

rmSync('dist', { recursive: true, force: true })
run(['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'])
run(['node_modules/vite/bin/vite.js', 'build', '-c', 'src/studio/ui/vite.config.ts', '--logLevel', 'warn'])
if (existsSync('dist/cli/main.js')) chmodSync('dist/cli/main.js', 0o755)
