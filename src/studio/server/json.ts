/** JSON for the browser: integers of 64 bits go as text, since its numbers would round them. */
export function printJson(content: unknown): string {
  return JSON.stringify(content ?? null, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  )
}

/** What a value of type T is after the way through `printJson`. */
export type Wire<T> = T extends bigint
  ? string
  : T extends string | number | boolean | null | undefined
    ? T
    : T extends readonly (infer U)[]
      ? readonly Wire<U>[]
      : T extends object
        ? { readonly [K in keyof T]: Wire<T[K]> }
        : T
