import { ERROR_CODES, ServiceError, toD365Error } from '../core/errors.ts'
import { redact } from '../core/redact.ts'

/** How a failed command ends: a sentence, what to do, the ids support asks for, and an exit code. */
export interface ReportedError {
  readonly text: string
  readonly exitCode: number
}

export function reportError(error: unknown, { json }: { readonly json: boolean }): ReportedError {
  const known = toD365Error(error)
  const facts = known instanceof ServiceError ? known : undefined
  const exitCode = ERROR_CODES[known.code].exitCode
  if (json) {
    const body = {
      error: {
        code: known.code,
        message: redact(known.message),
        ...(known.hint === undefined ? {} : { hint: redact(known.hint) }),
        ...(facts === undefined
          ? {}
          : { status: facts.status, serviceCode: facts.serviceCode, requestId: facts.requestId }),
      },
    }
    return { text: `${JSON.stringify(body)}\n`, exitCode }
  }
  const lines = [`✖ ${redact(known.message)}`]
  if (known.hint !== undefined) lines.push(`  → ${redact(known.hint)}`)
  const ids = [
    known.code,
    ...(facts?.serviceCode ? [facts.serviceCode] : []),
    ...(facts?.requestId ? [`request ${facts.requestId}`] : []),
  ]
  lines.push(`  [${ids.join(' · ')}]`)
  if (known.code === 'BUG' && known.cause instanceof Error && known.cause.stack)
    lines.push(redact(known.cause.stack))
  return { text: `${lines.join('\n')}\n`, exitCode }
}
