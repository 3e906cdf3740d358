/** One statement in two spellings: as d365 is asked, and as a DuckDB of whole tables is. They differ in few places. */
export interface Spoken {
  readonly ours: string
  readonly plain: string
}

type Part = Spoken | string | number

/** A template whose parts are spoken, or the same in both. */
export function q(strings: TemplateStringsArray, ...parts: readonly Part[]): Spoken {
  const joined = (side: keyof Spoken): string =>
    strings.reduce((text, string, at) => {
      const part = parts[at]
      return `${text}${string}${part === undefined ? '' : typeof part === 'object' ? part[side] : part}`
    }, '')
  return { ours: joined('ours'), plain: joined('plain') }
}

export function joined(parts: readonly Spoken[], between: string): Spoken {
  return {
    ours: parts.map(({ ours }) => ours).join(between),
    plain: parts.map(({ plain }) => plain).join(between),
  }
}

/** A text in SQL. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
