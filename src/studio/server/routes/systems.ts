import { openCredentialStore } from '../../../connect.ts'
import { answer, nothing } from '../call.ts'

/** Saved external systems and credentials, without any secret. */
export const systemRoutes = {
  'systems.list': answer(nothing, async (_, { env }) => {
    const store = await openCredentialStore({ env })
    const systems = await store.systems()
    return {
      systems,
      defaultSystem: await store.defaultSystem(),
      protection: store.protection.sentence,
    }
  }),
}
