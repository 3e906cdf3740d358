import type { Capabilities } from '../capabilities/capabilities.ts'
import type { SessionLimits } from './session.ts'

/** What response headers say of the limits that are left; what they leave out stays as it was. */
export function readLimits(
  headers: Readonly<Record<string, string>>,
  { names, before }: { names: Capabilities['limits']['headers']; before?: SessionLimits },
): SessionLimits {
  return {
    remainingRequests: number(headers[names.remainingRequests]) ?? before?.remainingRequests,
    remainingExecutionMs: duration(headers[names.remainingExecution]) ?? before?.remainingExecutionMs,
    recommendedParallelism: number(headers[names.recommendedParallelism]) ?? before?.recommendedParallelism,
  }
}

function number(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === '') return undefined
  const value = Number(text)
  return Number.isFinite(value) && value >= 0 ? value : undefined
}

/** Seconds, with or without a fraction, or `00:19:59.5`. */
function duration(text: string | undefined): number | undefined {
  const clock = /^(\d+):(\d+):(\d+(?:\.\d+)?)$/.exec(text?.trim() ?? '')
  if (!clock) {
    const seconds = number(text)
    return seconds === undefined ? undefined : seconds * 1000
  }
  const [, hours, minutes, seconds] = clock.map(Number)
  return ((hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0)) * 1000
}
