import type { DirectoryUser } from '../seed/directory.ts'
import { EntraError } from './errors.ts'

/** Throws what Entra says to a person who may not sign in at all, whatever the application. */
export function refuseUser({ trait }: DirectoryUser): void {
  if (trait === 'disabled') throw new EntraError(50057)
  if (trait === 'password-expired') throw new EntraError(50055)
  if (trait === 'blocked-by-conditional-access') throw new EntraError(53003)
}
