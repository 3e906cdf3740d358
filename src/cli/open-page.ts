import { spawn } from 'node:child_process'

/** Opens an address in the person's own browser: an embedded one would see their password. */
export function openPage(url: string, onFailure: () => void): void {
  const [command, args] = opener(url)
  const child = spawn(command, args, { stdio: 'ignore', detached: true })
  child.on('error', onFailure)
  child.unref()
}

function opener(url: string): readonly [string, string[]] {
  if (process.platform === 'darwin') return ['open', [url]]
  if (process.platform === 'win32') return ['rundll32', ['url.dll,FileProtocolHandler', url]]
  return ['xdg-open', [url]]
}
