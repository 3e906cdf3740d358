import { type ConnectionSettings, type Credential, maskSecret } from '../../connect.ts'
import type { KeptSecrets } from './connect-form.ts'

/** Masks in an edited connection string stand for the secrets they were made from: those are put back. */
export function unmask(credential: Credential, kept: KeptSecrets): Credential {
  const back = (value: string | undefined, secret: string | undefined) =>
    value !== undefined && secret !== undefined && value === maskSecret(secret) ? secret : value
  const { certificate } = credential
  const secret = back(credential.secret, kept.secret)
  const accessToken = back(credential.accessToken, kept.accessToken)
  const refreshToken = back(credential.refreshToken, kept.refreshToken)
  const password = back(certificate?.password, kept.certificatePassword)
  return {
    ...credential,
    ...(secret === undefined ? {} : { secret }),
    ...(accessToken === undefined ? {} : { accessToken }),
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(certificate === undefined || password === undefined
      ? {}
      : { certificate: { ...certificate, password } }),
  }
}

type Options = ConnectionSettings['options']

export function unmaskOptions(options: Options, kept: Options): Options {
  const { proxyPassword } = kept
  if (proxyPassword === undefined || options.proxyPassword !== maskSecret(proxyPassword)) return options
  return { ...options, proxyPassword }
}
