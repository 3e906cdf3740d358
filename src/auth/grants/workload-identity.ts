import { readFile } from 'node:fs/promises'
import { D365Error } from '../../core/errors.ts'
import { audienceField } from '../target.ts'
import type { TokenSet } from '../token-set.ts'
import { ASSERTION_TYPE } from './client-assertion.ts'
import { type GrantContext, requestTokens } from './grant.ts'

/**
 * Workload identity federation: another issuer (Kubernetes, GitHub) vouches for the application by a token in a file.
 * The file is read for every request, because whoever writes it replaces it within minutes.
 */
export async function workloadIdentityGrant(context: GrantContext, signal?: AbortSignal): Promise<TokenSet> {
  const { credential, target, env } = context
  const path = credential.tokenFile ?? env.AZURE_FEDERATED_TOKEN_FILE
  const clientId = credential.clientId ?? env.AZURE_CLIENT_ID
  if (!path || !clientId)
    throw new D365Error(
      'CONFIG_INVALID',
      `Credential ${credential.name} has no ${path ? 'client ID' : 'federated token file'}.`,
      {
        hint: 'Set it in the credential, or AZURE_FEDERATED_TOKEN_FILE and AZURE_CLIENT_ID on this machine.',
      },
    )
  return await requestTokens(context, {
    grant: 'client_credentials (federated)',
    form: {
      client_id: clientId,
      ...audienceField(target),
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: await readTokenFile(path),
      grant_type: 'client_credentials',
    },
    signal,
  })
}

async function readTokenFile(path: string): Promise<string> {
  try {
    const token = (await readFile(path, 'utf8')).trim()
    if (token !== '') return token
  } catch (cause) {
    throw new D365Error('IO_FAILED', `The federated token file ${path} cannot be read.`, {
      hint: 'In Kubernetes: the pod needs the label azure.workload.identity/use: "true" and its service account.',
      cause,
    })
  }
  throw new D365Error('CONFIG_INVALID', `The federated token file ${path} is empty.`, {
    hint: 'Whoever writes it (Kubernetes, GitHub) has not done so yet, or the path is wrong.',
  })
}
