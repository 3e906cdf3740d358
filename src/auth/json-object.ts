/** Unknown JSON, looked at once and defensively: proxies and portals answer with anything. */
export type JsonObject = Readonly<Record<string, unknown>>

/** The object in `body`, or undefined where it is not JSON or not an object. */
export function readJsonObject(body: Uint8Array | string): JsonObject | undefined {
  try {
    return asObject(JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body)))
  } catch {
    return undefined
  }
}

export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
}

/** A non-empty string, or undefined. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
