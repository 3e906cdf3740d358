import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { D365Error } from '../core/errors.ts'
import { whileLocked } from './file-lock.ts'
import { asObject, type JsonObject, readJsonObject, textOf } from './json-object.ts'
import { type Credential, type ExternalSystem, isGrantName } from './settings.ts'

/** The one file that names systems and credentials, without any secret in it. Readable and editable by people. */
export interface SavedCredential extends Omit<Credential, 'secret' | 'accessToken' | 'refreshToken'> {
  /** Under which its secrets and tokens are kept; stays the same when it is renamed. */
  readonly id: string
}

export interface SavedSystem extends ExternalSystem {
  readonly credentials: readonly SavedCredential[]
  /** Name of one of them. */
  readonly defaultCredential?: string
}

export interface SavedSettings {
  readonly systems: readonly SavedSystem[]
  /** Name of one of them. */
  readonly defaultSystem?: string
}

const VERSION = 1

export async function readSettings(folder: string): Promise<SavedSettings> {
  const path = settingsPath(folder)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return { systems: [] }
    throw new D365Error('IO_FAILED', `The settings ${path} cannot be read.`, {
      hint: 'Check its owner.',
      cause,
    })
  }
  const content = readJsonObject(text)
  if (content === undefined || !Array.isArray(content.systems))
    throw new D365Error('IO_FAILED', `The settings ${path} are damaged; nothing was changed.`, {
      hint: 'Correct the file by hand (it is JSON), or move it away and add the systems again.',
    })
  if (content.version !== VERSION)
    throw new D365Error(
      'IO_FAILED',
      `The settings ${path} are of version ${String(content.version)}; this d365 reads ${VERSION}.`,
      {
        hint: 'Use the d365 that wrote them, or point D365_CONFIG_DIR to another folder.',
      },
    )
  const defaultSystem = textOf(content.defaultSystem)
  return {
    systems: content.systems.map((entry, index) =>
      readSystem(asObject(entry), `${path}: system ${index + 1}`),
    ),
    ...(defaultSystem === undefined ? {} : { defaultSystem }),
  }
}

/** Reads, lets `change` make the new settings, and writes them whole; one process at a time. */
export async function changeSettings(
  folder: string,
  change: (settings: SavedSettings) => SavedSettings | Promise<SavedSettings>,
): Promise<SavedSettings> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return await whileLocked(join(folder, 'locks', 'settings'), async () => {
    const changed = await change(await readSettings(folder))
    try {
      await writeFileAtomic(
        settingsPath(folder),
        `${JSON.stringify({ version: VERSION, ...changed }, null, 2)}\n`,
        {
          mode: 0o600,
        },
      )
    } catch (cause) {
      throw new D365Error('IO_FAILED', `The settings ${settingsPath(folder)} cannot be written.`, {
        hint: 'Check permissions and free space, or point D365_CONFIG_DIR to another folder.',
        cause,
      })
    }
    return changed
  })
}

export const settingsPath = (folder: string): string => join(folder, 'settings.json')

function readSystem(entry: JsonObject | undefined, where: string): SavedSystem {
  const credentials = Array.isArray(entry?.credentials) ? entry.credentials : []
  return {
    name: need(entry, 'name', where),
    serviceUrl: need(entry, 'serviceUrl', where),
    ...texts(entry, ['authUri', 'tokenUri', 'scope', 'tenant', 'defaultCredential']),
    credentials: credentials.map((one, index) =>
      readCredential(asObject(one), `${where}, credential ${index + 1}`),
    ),
  }
}

function readCredential(entry: JsonObject | undefined, where: string): SavedCredential {
  const grant = need(entry, 'grant', where)
  if (!isGrantName(grant)) throw damaged(where, `the kind of sign-in is ${grant}`)
  const certificate = asObject(entry?.certificate)
  const thumbprint = certificate?.thumbprint
  return {
    id: need(entry, 'id', where),
    name: need(entry, 'name', where),
    grant,
    ...texts(entry, ['clientId', 'redirectUri', 'tokenFile']),
    ...(certificate === undefined
      ? {}
      : {
          certificate: {
            path: need(certificate, 'path', where),
            ...(thumbprint === 'sha1' || thumbprint === 'sha256' ? { thumbprint } : {}),
          },
        }),
  }
}

function need(entry: JsonObject | undefined, key: string, where: string): string {
  const value = textOf(entry?.[key])
  if (value === undefined) throw damaged(where, `${key} is missing`)
  return value
}

function texts<K extends string>(entry: JsonObject | undefined, keys: readonly K[]): { [P in K]?: string } {
  const out: { [P in K]?: string } = {}
  for (const key of keys) {
    const value = textOf(entry?.[key])
    if (value !== undefined) out[key] = value
  }
  return out
}

function damaged(where: string, what: string): D365Error {
  return new D365Error('IO_FAILED', `${where} cannot be used: ${what}.`, {
    hint: 'Correct the file by hand (it is JSON); d365 changes nothing in it until it can be read.',
  })
}
