import { randomUUID } from 'node:crypto'

const GUID = /^\{?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?$/i

/** Lower case without braces, or undefined where `text` is not a GUID. */
export function parseGuid(text: string): string | undefined {
  return GUID.exec(text.trim())?.[1]?.toLowerCase()
}

/** A random (version 4) GUID. */
export function newGuid(): string {
  return randomUUID()
}
