/**
 * PostgreSQL's syntax tree as libpg-query gives it: every node an object with one key, its kind (`{"ColumnRef": {…}}`).
 * Only what the planner looks at is read; everything else is passed on untouched.
 */
export type Fields = Readonly<Record<string, unknown>>

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The inside of a node of this kind, or undefined for every other value. */
export function nodeOf(value: unknown, kind: string): Fields | undefined {
  if (!isFields(value)) return undefined
  const inside = value[kind]
  return isFields(inside) ? inside : undefined
}

/** Kind of a node; undefined for what is none. */
export function kindOf(value: unknown): string | undefined {
  if (!isFields(value)) return undefined
  const [kind, more] = Object.keys(value)
  return kind !== undefined && more === undefined && /^[A-Z]/.test(kind) ? kind : undefined
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Names of a list of String nodes: fields of a column, parts of a function's name. A star is `*`. */
export function namesOf(value: unknown): readonly string[] {
  return listOf(value).map((item) =>
    nodeOf(item, 'A_Star') ? '*' : (textOf(nodeOf(item, 'String')?.sval) ?? ''),
  )
}

/** Byte position in the statement; undefined where the parser gave none. */
export function positionOf(fields: Fields): number | undefined {
  // The parser leaves 0 out of its JSON.
  const location = fields.location ?? 0
  return typeof location === 'number' && location >= 0 ? location : undefined
}

/** Name of a function in lower case, without `pg_catalog`. */
export function functionName({ funcname }: Fields): string {
  return namesOf(funcname)
    .filter((name) => name !== 'pg_catalog')
    .join('.')
    .toLowerCase()
}

/** Visits every node below a value, outside in; what `visit` answers false to is not entered. */
export function walk(value: unknown, visit: (kind: string, fields: Fields) => boolean | undefined): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, visit)
    return
  }
  if (!isFields(value)) return
  const kind = kindOf(value)
  const fields = kind === undefined ? undefined : value[kind]
  if (kind !== undefined && isFields(fields)) {
    if (visit(kind, fields) === false) return
    for (const inside of Object.values(fields)) walk(inside, visit)
    return
  }
  for (const inside of Object.values(value)) walk(inside, visit)
}

/** Another node in place of one, given its kind and inside; undefined leaves it. Children come first. */
export type Replacer = (kind: string, fields: Fields, original: Fields) => Fields | undefined

/** A tree with nodes replaced, bottom up. Parts without a replacement are the same objects as before. */
export function replaceNodes(value: unknown, replace: Replacer): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => replaceNodes(item, replace))
    return items.some((item, index) => item !== value[index]) ? items : value
  }
  if (!isFields(value)) return value
  const kind = kindOf(value)
  const entries = Object.entries(value).map(([key, inside]): [string, unknown] => [
    key,
    replaceNodes(inside, replace),
  ])
  const next: Fields = entries.some(([key, inside]) => inside !== value[key])
    ? Object.fromEntries(entries)
    : value
  const fields = kind === undefined ? undefined : next[kind]
  const original = kind === undefined ? undefined : value[kind]
  if (kind === undefined || !isFields(fields) || !isFields(original)) return next
  return replace(kind, fields, original) ?? next
}

export function columnRef(...names: readonly string[]): Fields {
  return { ColumnRef: { fields: names.map(stringNode) } }
}

/** `alias.*` */
export function starRef(alias: string): Fields {
  return { ColumnRef: { fields: [stringNode(alias), { A_Star: {} }] } }
}

export function stringNode(sval: string): Fields {
  return { String: { sval } }
}

export function textConstant(sval: string): Fields {
  return { A_Const: { sval: { sval } } }
}

export function call(name: string, ...args: readonly unknown[]): Fields {
  return {
    FuncCall: { funcname: [stringNode(name)], args, funcformat: 'COERCE_EXPLICIT_CALL' },
  }
}

export function cast(arg: unknown, type: string): Fields {
  return { TypeCast: { arg, typeName: { names: [stringNode(type)], typemod: -1 }, location: -1 } }
}
