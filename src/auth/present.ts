/** The object without its undefined values: exact optional properties tell "absent" from "undefined". */
export function present<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const out: { [K in keyof T]?: Exclude<T[K], undefined> } = {}
  for (const key in values) {
    const value = values[key]
    if (isDefined(value)) out[key] = value
  }
  return out
}

function isDefined<T>(value: T): value is Exclude<T, undefined> {
  return value !== undefined
}
