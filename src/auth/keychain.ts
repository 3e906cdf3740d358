import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { whileLocked } from './file-lock.ts'

/**
 * One encryption key per settings folder in the keychain of the operating system
 * (Windows Credential Manager, macOS Keychain, Secret Service on Linux).
 */
const SERVICE = 'd365'

/** Without a Secret Service the library would take the kernel's keyring, which a reboot empties. */
const LASTING = { linux: { store: 'secret-service' } } as const

/**
 * The key, with `make` made on first use; undefined where no keychain works (a server, a container, a locked session),
 * or where it has no key and none is to be made.
 */
export async function keychainKey(
  folder: string,
  { bytes, make }: { readonly bytes: number; readonly make: boolean },
): Promise<Buffer | undefined> {
  try {
    // Loaded late: a machine without the native part still runs, with a key file.
    const { AsyncEntry } = await import('@napi-rs/keyring')
    const entry = new AsyncEntry(SERVICE, `key of ${folder}`, LASTING)
    if (make && !(await entry.getPassword()))
      await whileLocked(join(folder, 'locks', 'keychain'), async () => {
        // Another command may have made one while this one waited.
        if (!(await entry.getPassword())) await entry.setPassword(randomBytes(bytes).toString('base64'))
      })
    // Read back: some platforms accept a value they do not keep.
    const key = Buffer.from((await entry.getPassword()) ?? '', 'base64')
    return key.length === bytes ? key : undefined
  } catch {
    return undefined
  }
}
