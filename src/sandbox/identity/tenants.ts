import { parseGuid } from '../../core/guid.ts'
import { TENANT_DOMAIN, TENANT_ID } from '../seed/directory.ts'
import { EntraError } from './errors.ts'

/** The tenant segment of a path. There is one tenant; the shared words stand for any. */
export type TenantSegment = 'own' | 'common' | 'organizations' | 'consumers'

const PERSONAL_TENANT = '9188040d-6c67-4c5b-b112-36a304b66dad'

/** Throws 90002 for a tenant that is not here, 900023 for something that cannot be one. */
export function readTenant(segment: string): TenantSegment {
  const lower = segment.toLowerCase()
  if (lower === 'common' || lower === 'organizations' || lower === 'consumers') return lower
  if (lower === PERSONAL_TENANT) return 'consumers'
  if (lower === TENANT_ID || lower === TENANT_DOMAIN || lower === 'contoso.com') return 'own'
  if (parseGuid(lower) !== undefined || /^[\w-]+(\.[\w-]+)+$/.test(lower))
    throw new EntraError(90002, [segment])
  throw new EntraError(900023, [segment])
}
