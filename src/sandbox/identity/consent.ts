import type { DirectoryApp, DirectoryUser } from '../seed/directory.ts'
import type { IdentityState } from './state.ts'

/** Whether an application may act for a person: by its registration, or because somebody agreed since. */
export function consentOf(
  app: DirectoryApp,
  user: DirectoryUser,
  { consents }: IdentityState,
): DirectoryApp['consent'] {
  return consents.has(consentKey(app.clientId, user)) ? 'granted' : app.consent
}

export function grantConsent(clientId: string, user: DirectoryUser, { consents }: IdentityState): void {
  consents.add(consentKey(clientId, user))
}

function consentKey(clientId: string, { objectId }: DirectoryUser): string {
  return `${clientId.toLowerCase()} ${objectId}`
}
