/** Waiting times between retries: exponential, capped, with full jitter. */
export interface Backoff {
  /** Upper bound of the first wait, in ms. */
  readonly baseMs: number
  /** Upper bound of every wait, in ms. */
  readonly capMs: number
  /** Uniform in [0, 1). */
  readonly random: () => number
}

/** The wait before retry number `attempt` (0 is the first), in ms. Full jitter: anywhere from 0 to the bound. */
export function backoffMs(attempt: number, { baseMs, capMs, random }: Backoff): number {
  return Math.round(random() * Math.min(capMs, baseMs * 2 ** attempt))
}

/** `Retry-After` in ms: seconds or an HTTP date. Undefined where the header is absent or unreadable. */
export function retryAfterMs(header: string | null | undefined, now: number): number | undefined {
  const text = header?.trim()
  if (!text) return undefined
  if (/^\d+(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000)
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
