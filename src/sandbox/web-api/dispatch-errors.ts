/** Errors as the service prints them: code and message, and on request the details that support asks for. */
import { ApiError, type ApiResponse } from './operation.ts'

/** What the trace learns about a refused request. */
export interface ErrorNote {
  readonly code: string
  readonly status: number
  readonly message: string
  /** What was thrown; kept for the log of an unexpected failure only. */
  readonly error: unknown
}

export function errorResponse({ status, code, message }: ApiError, headers: Headers): ApiResponse {
  return {
    status,
    body: JSON.stringify({ error: { code, message, ...details({ status, code, message }, headers) } }),
  }
}

/** A failure of the sandbox itself. Its text stays out of the answer. */
export function unexpected(error: unknown): ApiError {
  const kind = error instanceof Error ? error.name : typeof error
  return new ApiError(
    500,
    '0x80040216',
    `An unexpected error occurred. (${kind} inside the sandbox; see its trace.)`,
  )
}

interface Failure {
  readonly status: number
  readonly code: string
  readonly message: string
}

/** Annotations that match the request's `odata.include-annotations`. Values are always text. */
function details(failure: Failure, headers: Headers): Readonly<Record<string, string>> {
  const patterns = wantedAnnotations(headers.get('prefer') ?? '')
  if (patterns.length === 0) return {}
  return Object.fromEntries(
    Object.entries(annotations(failure)).filter(([name]) => patterns.some((pattern) => pattern.test(name))),
  )
}

function annotations({ status, code, message }: Failure): Readonly<Record<string, string>> {
  const cds = '@Microsoft.PowerApps.CDS'
  const name = `${cds}.ErrorDetails`
  return {
    [`${name}.OperationStatus`]: '0',
    [`${name}.SubErrorCode`]: '-2146233088',
    [`${name}.ApiExceptionSourceKey`]: 'Plugin/Microsoft.Crm.Common.ObjectModel',
    [`${name}.ApiStepKey`]: '00000000-0000-0000-0000-000000000000',
    [`${name}.ApiDepthKey`]: '1',
    [`${name}.ApiActivityIdKey`]: '00000000-0000-0000-0000-000000000000',
    [`${name}.ApiPluginSolutionNameKey`]: 'System',
    [`${name}.ApiStepSolutionNameKey`]: 'System',
    [`${name}.ApiExceptionCategory`]: status >= 500 ? 'SystemFailure' : 'ClientError',
    [`${name}.ApiExceptionMesageName`]: 'None',
    [`${name}.ApiExceptionHttpStatusCode`]: String(status),
    [`${cds}.HelpLink`]: `http://go.microsoft.com/fwlink/?LinkID=398563&error=Microsoft.Crm.CrmException%3a${code.replace(/^0x/, '')}&client=platform`,
    [`${cds}.TraceText`]: '',
    [`${cds}.InnerError.Message`]: message,
  }
}

/** The comma list of the preference, each with `*` at its end or alone. */
function wantedAnnotations(prefer: string): readonly RegExp[] {
  const list = /odata\.include-annotations\s*=\s*"?([^";]*)"?/i.exec(prefer)?.[1]
  if (list === undefined) return []
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .map((name) => new RegExp(`^@?${name.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*$/, '.*')}$`, 'i'))
}
