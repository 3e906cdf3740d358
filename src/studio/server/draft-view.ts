import {
  formatConnectionString,
  maskSecret,
  parseEntraUrl,
  readEnvironment,
  readToken,
  validateSettings,
} from '../../connect.ts'
import type { CallContext } from './call.ts'
import { SECRET_FIELDS } from './connect-form.ts'
import type { Draft } from './drafts.ts'

/** A draft as the page shows it: everything but the secrets themselves. */
export function viewOf(id: string, { settings, secrets, tokens }: Draft, { env, clock }: CallContext) {
  const { system, credential } = settings
  const { loginHosts } = readEnvironment(env)
  const accessToken = credential.accessToken
  return {
    draft: id,
    findings: validateSettings(system, credential, { loginHosts, env, now: clock.now() }),
    connectionString: {
      jdbc: formatConnectionString(settings, { spelling: 'jdbc' }),
      plain: formatConnectionString(settings),
    },
    /** What may be shown of the secrets: a few last characters at most. */
    masked: Object.fromEntries(
      SECRET_FIELDS.flatMap((field) => {
        const value = secrets[field]
        return value === undefined ? [] : [[field, maskSecret(value)]]
      }),
    ),
    /** Of the addresses that were entered; undefined where they are left to be found. */
    version: versionOf(system.tokenUri ?? system.authUri),
    token: accessToken === undefined ? undefined : readToken(accessToken),
    /** In ms since 1970; of the token that was fetched here. */
    tokenExpiresAt: tokens?.expiresAt,
  }
}

function versionOf(uri: string | undefined): 1 | 2 | undefined {
  if (uri === undefined) return undefined
  try {
    return parseEntraUrl(uri).version
  } catch {
    // What is wrong with it is among the findings.
    return undefined
  }
}
