import { discover, type ExternalSystem, parseEntraUrl, readToken, type TokenSource } from '../auth/index.ts'
import type { Catalog } from '../catalog/table.ts'
import type { Http } from '../core/http.ts'
import type { Session } from '../service/session.ts'
import { type DoctorStep, diagnose, type Patient } from './doctor.ts'
import { type Diagnosis, recorded } from './recorded.ts'

/** A connection as the doctor sees it. */
export interface Examined extends Pick<Patient, 'settings' | 'table'> {
  readonly system: ExternalSystem
  readonly http: Http
  readonly loginHosts: readonly string[]
  readonly tokens: Pick<TokenSource, 'token'>
  readonly session: Session
  readonly catalog: Catalog
  /** Told how it ended, once all of it was walked. Default: nobody is told. */
  readonly record: ((diagnosis: Diagnosis) => Promise<void>) | undefined
  readonly signal: AbortSignal | undefined
}

/** Every link from the settings to a table, in order, until one fails. */
export function examine(connection: Examined): AsyncGenerator<DoctorStep, void, undefined> {
  const { system, http, loginHosts, tokens, session, catalog, settings, table, record, signal } = connection
  const steps = diagnose({
    serviceUrl: session.root,
    settings,
    reach: () => discover({ http, serviceUrl: system.serviceUrl, loginHosts, signal }),
    tokenTenant: async () =>
      system.tokenUri === undefined ? undefined : parseEntraUrl(system.tokenUri).tenant,
    signIn: async () => {
      const { value, expiresAt } = await tokens.token({ signal })
      const facts = readToken(value)
      return { who: facts?.who, audience: facts?.audience, expiresAt }
    },
    session,
    table,
    entitySet: async (name) => (await catalog.table(name, { signal })).entitySet,
    signal,
  })
  return record === undefined ? steps : recorded(steps, record)
}
