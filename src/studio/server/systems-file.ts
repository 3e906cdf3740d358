import { z } from 'zod'
import { type Credential, type CredentialStore, type ExternalSystem, GRANTS } from '../../connect.ts'

/** External systems and credentials as a file to hand on. There is no place in it for a secret or a token. */
const text = z.string().max(20_000)
const given = text.exactOptional()

const SystemEntry = z.strictObject({
  name: text.min(1),
  serviceUrl: text,
  authUri: given,
  tokenUri: given,
  scope: given,
  tenant: given,
  defaultCredential: given,
  credentials: z.array(
    z.strictObject({
      name: text.min(1),
      grant: z.enum(GRANTS),
      clientId: given,
      redirectUri: given,
      tokenFile: given,
      certificate: z
        .strictObject({ path: text, thumbprint: z.enum(['sha256', 'sha1']).exactOptional() })
        .exactOptional(),
    }),
  ),
})

export const SystemsFile = z.strictObject({
  format: z.literal('d365 systems'),
  version: z.literal(1),
  systems: z.array(SystemEntry).max(1000),
})

export type SystemsFile = z.infer<typeof SystemsFile>

export async function exportSystems(store: CredentialStore): Promise<SystemsFile> {
  const systems = await store.systems()
  return {
    format: 'd365 systems',
    version: 1,
    systems: systems.map(({ credentials, ...system }) => ({
      ...system,
      credentials: credentials.map(({ id: _, ...credential }) => credential),
    })),
  }
}

/** Adds what is not there yet; what has a name already stays as it is. */
export async function importSystems(
  store: CredentialStore,
  file: SystemsFile,
): Promise<{ readonly added: number; readonly kept: readonly string[] }> {
  let added = 0
  const kept: string[] = []
  for (const { credentials, defaultCredential, ...rest } of file.systems) {
    const system: ExternalSystem = rest
    const known = (await store.systems()).find(({ name }) => same(name, system.name))
    if (known) kept.push(system.name)
    else {
      await store.addSystem(system)
      added++
    }
    for (const entry of credentials) {
      const credential: Credential = entry
      if (known?.credentials.some(({ name }) => same(name, credential.name))) {
        kept.push(`${system.name} · ${credential.name}`)
        continue
      }
      await store.addCredential(system.name, credential, {
        makeDefault: !known && credential.name === defaultCredential,
      })
      added++
    }
  }
  return { added, kept }
}

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()
