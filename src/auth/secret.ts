import { createHash, timingSafeEqual } from 'node:crypto'
import { parseGuid } from '../core/guid.ts'

/** How a client secret is read: some tools want it in single quotes, some do not, and many paste the wrong value. */
export interface ReadSecret {
  readonly value: string
  /** What was done to it or is odd about it, for people; never the secret itself. */
  readonly notes: readonly string[]
}

export const SECRET_ID_WARNING =
  'The client secret is a GUID: that is the Secret ID, not its Value (Entra ID would answer AADSTS7000215).'

export const SECRET_VALUE_HINT =
  'Entra admin center > App registrations > your app > Certificates & secrets > New client secret: copy the column Value at once.'

/** Strips exactly one pair of single quotes (a doubled one inside means one), and nothing else: blanks may belong to it. */
export function readSecret(raw: string): ReadSecret {
  const quoted = raw.length >= 3 && raw.startsWith("'") && raw.endsWith("'")
  const value = quoted ? raw.slice(1, -1).replaceAll("''", "'") : raw
  return {
    value,
    notes: [
      ...(quoted ? ['The single quotes around the client secret were taken off.'] : []),
      ...(parseGuid(value) === undefined ? [] : [SECRET_ID_WARNING]),
    ],
  }
}

/** The spelling that tools with single quotes expect. */
export function quoteSecret(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}

/** What may be shown of a secret: its last four characters, and those only where enough stays hidden. */
export function maskSecret(value: string): string {
  return value.length >= 16 ? `••••${value.slice(-4)}` : '••••'
}

/** Compares without telling by its duration where two values differ. */
export function sameSecret(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(one), digest(other))
}
