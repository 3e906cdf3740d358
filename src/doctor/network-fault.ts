import { D365Error } from '../core/errors.ts'

/** Which link of the network broke, by the system's own code somewhere down the chain of causes. */
export function networkStep(error: D365Error): 'dns' | 'connection' | 'tls' | undefined {
  if (error.code === 'TIMED_OUT') return 'connection'
  if (error.code !== 'NETWORK_FAILED') return undefined
  const code = systemCode(error)
  if (code === undefined) return 'connection'
  if (['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME'].includes(code)) return 'dns'
  return /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_|EPROTO/.test(code) ? 'tls' : 'connection'
}

function systemCode(error: unknown): string | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    if (!(cause instanceof D365Error) && 'code' in cause && typeof cause.code === 'string') return cause.code
  return undefined
}
