import { z } from 'zod'
import { type CredentialStore, type ExternalSystem, openCredentialStore } from '../../../connect.ts'
import { answer, type CallContext, nothing } from '../call.ts'
import { exportSystems, importSystems, SystemsFile } from '../systems-file.ts'

/** Saved external systems and credentials, without any secret. */
const credentialNamed = z.object({ system: z.string().min(1), credential: z.string().min(1) })
const systemNamed = z.object({ system: z.string().min(1) })
const newName = z.string().trim().min(1).max(200)

export const systemRoutes = {
  'systems.list': answer(nothing, async (_, { env }) => {
    const store = await openCredentialStore({ env })
    const systems = await store.systems()
    return {
      systems: await Promise.all(
        systems.map(async ({ credentials, ...system }) => ({
          ...system,
          credentials: await Promise.all(
            credentials.map(async (credential) => ({
              ...credential,
              ...(await store.status(credential.id)),
            })),
          ),
        })),
      ),
      defaultSystem: await store.defaultSystem(),
      protection: store.protection.sentence,
    }
  }),

  'systems.makeDefault': answer(
    systemNamed.extend({ credential: z.string().min(1).exactOptional() }),
    ({ system, credential }, context) =>
      change(context, (store) =>
        credential === undefined
          ? store.makeDefaultSystem(system)
          : store.makeDefaultCredential(system, credential),
      ),
  ),

  'systems.rename': answer(
    systemNamed.extend({ credential: z.string().min(1).exactOptional(), name: newName }),
    ({ system, credential, name }, context) =>
      change(context, (store) =>
        credential === undefined
          ? store.changeSystem(system, { name })
          : store.changeCredential(system, credential, { name }),
      ),
  ),

  /** A system with all its credentials and their secrets under another name, or one credential within its system. */
  'systems.duplicate': answer(
    systemNamed.extend({ credential: z.string().min(1).exactOptional(), name: newName }),
    ({ system, credential, name }, context) =>
      change(context, async (store) => {
        if (credential !== undefined) {
          const copy = await store.credential(system, credential)
          await store.addCredential(system, { ...copy.credential, name })
          return
        }
        const { credentials, defaultCredential, ...rest } = await store.system(system)
        const plain: ExternalSystem = { ...rest, name }
        await store.addSystem(plain)
        for (const { name: one } of credentials)
          await store.addCredential(name, (await store.credential(system, one)).credential, {
            makeDefault: one === defaultCredential,
          })
      }),
  ),

  /** With its credentials, secrets and tokens. */
  'systems.remove': answer(systemNamed, ({ system }, context) =>
    change(context, (store) => store.removeSystem(system)),
  ),

  'systems.removeCredential': answer(credentialNamed, ({ system, credential }, context) =>
    change(context, (store) => store.removeCredential(system, credential)),
  ),

  /** Everything but the secrets, to hand to a colleague or keep in a repository. */
  'systems.export': answer(nothing, async (_, { env }) => exportSystems(await openCredentialStore({ env }))),

  'systems.import': answer(z.object({ file: SystemsFile }), async ({ file }, context) => {
    const { environments, env } = context
    const imported = await importSystems(await openCredentialStore({ env }), file)
    environments.forget()
    return imported
  }),
}

async function change(
  { env, environments }: CallContext,
  run: (store: CredentialStore) => Promise<void>,
): Promise<Record<string, never>> {
  await run(await openCredentialStore({ env }))
  environments.forget()
  return {}
}
