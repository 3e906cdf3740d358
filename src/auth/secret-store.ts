import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { D365Error } from '../core/errors.ts'
import { readJsonObject, textOf } from './json-object.ts'
import { keychainKey } from './keychain.ts'

/**
 * Secrets at rest. Each lies in a file of its own, encrypted by AES-256-GCM with its id as additional data.
 * The key lies in the keychain of the operating system where one works, else in a file only this user can read.
 * The secrets themselves stay out of the keychain: some hold 2.5 kB at most, and a refresh token can be longer.
 */
export interface SecretStore {
  /** Where the key is, for people. */
  readonly protection: SecretProtection
  /** Undefined where nothing is kept under `id`. */
  read(id: string): Promise<string | undefined>
  /** Whole or not at all, also when the machine stops half-way. */
  write(id: string, value: string): Promise<void>
  remove(id: string): Promise<void>
}

export interface SecretProtection {
  readonly kind: 'keychain' | 'file'
  /** One sentence that says plainly what protects the secrets. */
  readonly sentence: string
}

export interface SecretStoreOptions {
  /** Folder of the settings; made with mode 0700 where it is missing. */
  readonly folder: string
  /** `keychain` fails where none works. Default: the keychain where it works, else a file. */
  readonly prefer?: 'keychain' | 'file' | undefined
}

const IN_KEYCHAIN: SecretProtection = {
  kind: 'keychain',
  sentence: 'Secrets are encrypted; the key is in the keychain of this operating system.',
}

const KEY_BYTES = 32
const IV_BYTES = 12

export async function openSecretStore({ folder, prefer }: SecretStoreOptions): Promise<SecretStore> {
  const secrets = join(folder, 'secrets')
  await mkdir(secrets, { recursive: true, mode: 0o700 })
  const { key, protection } = await findKey(folder, prefer)
  const fileOf = (id: string) => join(secrets, `${checkId(id)}.json`)
  return {
    protection,
    read: async (id) => {
      const content = await readIfThere(fileOf(id))
      return content === undefined ? undefined : unseal(content, { id, key, protection })
    },
    write: async (id, value) => {
      await writeFileAtomic(fileOf(id), seal(value, { id, key }), { mode: 0o600 })
    },
    remove: async (id) => rm(fileOf(id), { force: true }),
  }
}

async function findKey(folder: string, prefer: 'keychain' | 'file' | undefined) {
  const keyFile = join(folder, 'secret.key')
  const inFile: SecretProtection = {
    kind: 'file',
    sentence: `Secrets are encrypted; the key is in ${keyFile}, protected by its file permissions only.`,
  }
  const existing = prefer === 'keychain' ? undefined : await readIfThere(keyFile)
  if (existing !== undefined) return { key: checkKey(existing, keyFile), protection: inFile }
  const marker = join(folder, 'key-in-keychain')
  // Where a key was once, another one would read nothing of what it has encrypted.
  const make = (await readIfThere(marker)) === undefined
  const fromKeychain = prefer === 'file' ? undefined : await keychainKey(folder, { bytes: KEY_BYTES, make })
  if (fromKeychain !== undefined) {
    await writeFile(marker, `${IN_KEYCHAIN.sentence}\n`, { mode: 0o600 })
    return { key: fromKeychain, protection: IN_KEYCHAIN }
  }
  // A second key would part the secrets into two halves that cannot be read together.
  if (prefer !== 'file' && !make)
    throw noKeychain(
      'The key of the stored secrets is in the keychain, which does not open now or has lost it.',
    )
  if (prefer === 'keychain') throw noKeychain('D365_SECRET_STORE is keychain, but no keychain works here.')
  return { key: await makeKeyFile(keyFile), protection: inFile }
}

function noKeychain(message: string): D365Error {
  return new D365Error('CONFIG_INVALID', message, {
    hint: 'Unlock or start the keychain (on Linux a Secret Service such as gnome-keyring). With D365_SECRET_STORE=file the secrets are kept under a key file from now on, and must be entered again.',
  })
}

/** Two commands started together agree on one key: a finished file is linked into place, once. */
async function makeKeyFile(keyFile: string): Promise<Buffer> {
  const draft = `${keyFile}.${process.pid}.${randomBytes(4).toString('hex')}`
  await writeFile(draft, randomBytes(KEY_BYTES).toString('base64'), { mode: 0o600, flag: 'wx' })
  try {
    await link(draft, keyFile)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST'))
      throw unwritable(keyFile, error)
  } finally {
    await rm(draft, { force: true })
  }
  await chmod(keyFile, 0o600)
  return checkKey((await readIfThere(keyFile)) ?? '', keyFile)
}

function checkKey(content: string, keyFile: string): Buffer {
  const key = Buffer.from(content.trim(), 'base64')
  if (key.length === KEY_BYTES) return key
  throw new D365Error(
    'IO_FAILED',
    `The key file ${keyFile} is damaged (${key.length} bytes in place of 32).`,
    {
      hint: 'Restore it from a backup. Without it the stored secrets are lost: delete the file and enter them again.',
    },
  )
}

interface Sealing {
  readonly id: string
  readonly key: Buffer
}

function seal(value: string, { id, key }: Sealing): string {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(id))
  const data = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()])
  return JSON.stringify({
    version: 1,
    iv: iv.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
    data: data.toString('base64'),
  })
}

function unseal(
  content: string,
  { id, key, protection }: Sealing & { protection: SecretProtection },
): string {
  const box = readJsonObject(content)
  const bytes = (value: unknown) => Buffer.from(textOf(value) ?? '', 'base64')
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes(box?.iv), { authTagLength: 16 })
      .setAAD(Buffer.from(id))
      .setAuthTag(bytes(box?.tag))
    return Buffer.concat([decipher.update(bytes(box?.data)), decipher.final()]).toString('utf8')
  } catch {
    throw new UnreadableSecret(id, protection)
  }
}

/** Encrypted with another key than the one at hand. */
export class UnreadableSecret extends D365Error {
  override readonly name = 'UnreadableSecret'

  constructor(id: string, protection: SecretProtection) {
    super('IO_FAILED', `The stored secret ${id} cannot be decrypted with the key at hand.`, {
      hint: `${protection.sentence} If the settings came from another machine or user, add the credential again.`,
    })
  }
}

/** Ids become file names. */
function checkId(id: string): string {
  if (/^[\w-]{1,150}$/.test(id)) return id
  throw new D365Error('BUG', 'A secret was given an id that cannot be a file name.')
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw new D365Error('IO_FAILED', `${path} cannot be read.`, {
      hint: 'Check that the file belongs to this user.',
      cause,
    })
  }
}

function unwritable(path: string, cause: unknown): D365Error {
  return new D365Error('IO_FAILED', `${path} cannot be written.`, {
    hint: 'Check permissions and free space, or point D365_CONFIG_DIR to another folder.',
    cause,
  })
}
