import fc from 'fast-check'
import { DAYS, DECIMALS, HALVES, INTEGERS, LONGS, MOMENTS, PATTERN_TEXTS, TEXTS } from './hostile-values.ts'
import { q, quoted, type Spoken } from './spoken.ts'
import type { WorldColumn, WorldTable } from './world.ts'

/** A table under an alias. */
export interface Source {
  readonly alias: string
  readonly table: WorldTable
}

/** Conditions on the columns of these sources: comparisons of every kind, under AND, OR and NOT. */
export function conditions(...sources: readonly Source[]): fc.Arbitrary<Spoken> {
  const leaf = fc.oneof(...sources.map(leaves))
  const { tree } = fc.letrec<{ tree: Spoken; leaf: Spoken }>((tie) => ({
    leaf,
    tree: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      { weight: 3, arbitrary: tie('leaf') },
      {
        weight: 2,
        arbitrary: fc
          .tuple(tie('tree'), fc.constantFrom('and', 'and', 'or'), tie('tree'))
          .map(([a, operator, b]) => q`(${a} ${operator} ${b})`),
      },
      { weight: 1, arbitrary: tie('tree').map((inner) => q`not (${inner})`) },
    ),
  }))
  return fc.oneof({ weight: 3, arbitrary: tree }, { weight: 2, arbitrary: sendable(...sources) })
}

/** Conditions that mean the same to the service, and so let limits, groups and joins go along. */
function sendable(...sources: readonly Source[]): fc.Arbitrary<Spoken> {
  const leaf = fc.oneof(...sources.map(exactLeaves))
  return fc
    .tuple(leaf, fc.option(leaf, { freq: 2, nil: undefined }))
    .map(([a, b]) => (b ? q`(${a} and ${b})` : a))
}

const EXACT: readonly WorldColumn['kind'][] = [
  'integer',
  'bigint',
  'decimal',
  'money',
  'choice',
  'boolean',
  'day',
]

function exactLeaves({ alias, table }: Source): fc.Arbitrary<Spoken> {
  return fc.constantFrom(...table.columns.filter(({ kind }) => EXACT.includes(kind))).chain((column) => {
    const name = `${alias}.${column.name}`
    if (column.kind === 'boolean') return fc.constantFrom(q`${name}`, q`not ${name}`, q`${name} = false`)
    const value = constantsOf(column, table)
    return fc.oneof(
      fc.constantFrom('is null', 'is not null').map((test) => q`${name} ${test}`),
      fc
        .tuple(fc.constantFrom('=', '<', '<=', '>', '>='), value)
        .map(([operator, constant]) => q`${name} ${operator} ${constant}`),
      fc.array(value, { minLength: 1, maxLength: 3 }).map((list) => q`${name} in (${list.join(', ')})`),
    )
  })
}

/** `sources` as conditions that may not be there: ` where …`, or nothing. */
export function where(...sources: readonly Source[]): fc.Arbitrary<Spoken> {
  return fc
    .option(conditions(...sources), { freq: 5, nil: undefined })
    .map((found) => (found === undefined ? q`` : q` where ${found}`))
}

const COMPARISONS = fc.constantFrom('=', '<>', '<', '<=', '>', '>=')

function leaves({ alias, table }: Source): fc.Arbitrary<Spoken> {
  return fc.constantFrom(...table.columns).chain((column) => {
    const name = `${alias}.${column.name}`
    const nulls = fc.constantFrom('is null', 'is not null').map((test) => q`${name} ${test}`)
    return fc.oneof({ weight: 1, arbitrary: nulls }, { weight: 5, arbitrary: leafOf(name, column, table) })
  })
}

function leafOf(name: string, column: WorldColumn, table: WorldTable): fc.Arbitrary<Spoken> {
  const constants = constantsOf(column, table)
  switch (column.kind) {
    case 'text':
    case 'memo':
      return fc.oneof(compared(name, constants), listed(name, constants), liked(name), computedText(name))
    case 'boolean':
      return fc.oneof(yesNo(name), labelled(name, column))
    case 'choice':
      return fc.oneof(compared(name, constants), listed(name, constants), labelled(name, column))
    case 'choices':
      return fc
        .constantFrom(...Object.keys(column.labels ?? {}))
        .chain((value) =>
          fc.constantFrom(
            q`list_contains(${name}, ${value})`,
            q`len(${name}) > 1`,
            q`${name} = array[${value}]`,
            q`${name}name = ${quoted(String(column.labels?.[Number(value)]))}`,
            { ours: `${name}name like '%o%'`, plain: `lower(${name}name) like '%o%'` },
          ),
        )
    case 'guid':
      return fc.oneof(compared(name, constants), listed(name, constants))
    case 'lookup':
      return fc.oneof(compared(name, constants), listed(name, constants), pointed(name, column))
    case 'day':
    case 'moment':
    case 'independent':
      return fc.oneof(compared(name, constants), between(name, constants), computedDate(name, column))
    default:
      return fc.oneof(
        compared(name, constants),
        listed(name, constants),
        between(name, constants),
        computedNumber(name),
      )
  }
}

function constantsOf({ kind, labels = {}, name }: WorldColumn, table: WorldTable): fc.Arbitrary<string> {
  switch (kind) {
    case 'text':
    case 'memo':
      return fc.constantFrom(...TEXTS, ...PATTERN_TEXTS, 'none', '').map(quoted)
    case 'integer':
      return fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(...INTEGERS, '5', '-7') },
        { weight: 1, arbitrary: fc.constantFrom('0.5', '2147483648', '-99999999999', '1e3') },
      )
    case 'bigint':
      return fc.constantFrom(...LONGS, '9223372036854775808', '0.5')
    case 'decimal':
    case 'money':
      return fc.constantFrom(...DECIMALS, '0.005', '-0.00000001', '3.3333', '1e2')
    case 'double':
      return fc.constantFrom(...HALVES, '0.1')
    case 'choice':
      return fc.constantFrom(...Object.keys(labels), '0', '4', '99')
    case 'guid':
    case 'lookup': {
      const known = table.rows.flatMap(
        (row) =>
          String(row[name] ?? '')
            .split(':')
            .at(-1) || [],
      )
      return fc
        .constantFrom(...known, '00000000-0000-0000-0000-000000000001')
        .chain((id) => fc.constantFrom(quoted(id), quoted(id.toUpperCase()), `${quoted(id)}::uuid`))
    }
    case 'day':
      return fc
        .constantFrom(...DAYS, '2024-06-15', '0001-01-01')
        .chain((day) => fc.constantFrom(quoted(day), `date ${quoted(day)}`, `${quoted(day)}::date`))
    case 'moment':
      return momentConstants(['timestamptz', 'timestamp', 'date'])
    case 'independent':
      return momentConstants(['timestamp', 'date'])
    default:
      return fc.constantFrom('true', 'false')
  }
}

function momentConstants(types: readonly string[]): fc.Arbitrary<string> {
  const moment = fc.constantFrom(...MOMENTS, '2024-06-15T12:00:00Z', '1752-12-31T00:00:00Z')
  const half = moment.map((text) => text.replace('Z', '.5Z'))
  const elsewhere = moment.map((text) => text.replace('Z', '+02:00').replace('9999', '9998'))
  const day = fc.constantFrom(...DAYS)
  return fc
    .tuple(fc.oneof(moment, half, elsewhere, day), fc.constantFrom('', ...types.map((type) => `${type} `)))
    .map(([text, type]) => {
      const zoned = type === 'timestamptz ' || (type === '' && types.includes('timestamptz'))
      const shown = type === 'date ' ? text.slice(0, 10) : text.replace('T', ' ')
      return `${type}${quoted(zoned ? shown : shown.replace(/(Z|\+02:00)$/, ''))}`
    })
}

function compared(name: string, constants: fc.Arbitrary<string>): fc.Arbitrary<Spoken> {
  return fc
    .tuple(COMPARISONS, constants, fc.integer({ min: 0, max: 9 }))
    .map(([operator, value, how]) =>
      how === 0
        ? q`${name} is distinct from ${value}`
        : how < 3
          ? q`${value} ${operator} ${name}`
          : q`${name} ${operator} ${value}`,
    )
}

function listed(name: string, constants: fc.Arbitrary<string>): fc.Arbitrary<Spoken> {
  return fc
    .tuple(
      fc.constantFrom('in', 'in', 'not in'),
      fc.array(constants, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 0, max: 7 }),
    )
    .map(
      ([operator, list, how]) =>
        q`${name} ${operator} (${[...list, ...(how === 0 ? ['null'] : [])].join(', ')})`,
    )
}

function between(name: string, constants: fc.Arbitrary<string>): fc.Arbitrary<Spoken> {
  return fc
    .tuple(fc.constantFrom('between', 'between', 'not between', 'between symmetric'), constants, constants)
    .map(([operator, low, high]) =>
      operator === 'between symmetric'
        ? {
            ours: `${name} between symmetric ${low} and ${high}`,
            plain: `(${name} between ${low} and ${high} or ${name} between ${high} and ${low})`,
          }
        : q`${name} ${operator} ${low} and ${high}`,
    )
}

const PATTERNS = fc.oneof(
  fc.constantFrom(
    'con%',
    '%LTD',
    '%ö%',
    '100\\%',
    '100\\%%',
    'a\\_b',
    'a_b',
    '%\\\\%',
    '[EU]%',
    '%]',
    '_',
    '%',
    '%%',
    '',
    'x^y-z]',
    "%'%",
    '__%',
    '%ss%',
    '%é',
    '%a\\\\',
  ),
  fc
    .tuple(fc.constantFrom(...TEXTS, ...PATTERN_TEXTS), fc.constantFrom('', '%'), fc.constantFrom('', '%'))
    .map(([text, before, after]) => `${before}${text.replace(/[\\%_]/g, '\\$&')}${after}`),
)

/** The service has no such case and accents; a DuckDB of its own has, and no escape but one that is named. */
function liked(name: string): fc.Arbitrary<Spoken> {
  const fold = (text: string): string => `lower(strip_accents(${text}))`
  return fc
    .tuple(
      fc.constantFrom('like', 'like', 'ilike', 'not like', 'not ilike'),
      PATTERNS,
      fc.integer({ min: 0, max: 6 }),
    )
    .map(([operator, pattern, how]) => {
      const [character, escaped] =
        how === 0 ? ['!', pattern.replaceAll('!', '!!').replace(/\\(.)/gs, '!$1')] : ['\\', pattern]
      return {
        ours: `${name} ${operator} ${quoted(escaped)}${how === 0 ? " escape '!'" : ''}`,
        plain: `${fold(name)} ${operator.replace('ilike', 'like')} ${fold(quoted(escaped))} escape ${quoted(character)}`,
      }
    })
}

function yesNo(name: string): fc.Arbitrary<Spoken> {
  return fc.constantFrom(
    ...['', 'not '].map((not) => q`${not}${name}`),
    ...['= true', '<> true', '= false', 'is true', 'is not true', 'is false', 'is unknown', 'in (true)'].map(
      (test) => q`${name} ${test}`,
    ),
  )
}

function labelled(name: string, { labels = {} }: WorldColumn): fc.Arbitrary<Spoken> {
  const label = fc.constantFrom(...Object.values(labels), 'OPEN', 'nothing').map(quoted)
  return fc.oneof(
    fc
      .tuple(fc.constantFrom('=', '=', '<>', '<'), label)
      .map(([operator, value]) => q`${name}name ${operator} ${value}`),
    fc.tuple(label, label).map(([a, b]) => q`${name}name in (${a}, ${b})`),
    fc.constantFrom('is null', 'is not null').map((test) => q`${name}name ${test}`),
  )
}

function pointed(name: string, { targets = [] }: WorldColumn): fc.Arbitrary<Spoken> {
  const text = fc.constantFrom(...TEXTS).map((value) => q`${name}name = ${quoted(value)}`)
  if (targets.length < 2) return text
  return fc.oneof(
    text,
    fc.constantFrom(...targets, 'contact').map((target) => q`${name}type = ${quoted(target)}`),
  )
}

function computedText(name: string): fc.Arbitrary<Spoken> {
  return fc.constantFrom(
    q`upper(${name}) = 'CONTOSO'`,
    q`length(${name}) > 5`,
    { ours: `len(${name}) < 4`, plain: `length(${name}) < 4` },
    q`substr(${name}, 1, 1) = 'c'`,
    q`${name} || 'x' = 'ax'`,
    q`coalesce(${name}, 'none') = 'none'`,
    { ours: `isnull(${name}, N'none') = N'none'`, plain: `coalesce(${name}, 'none') = 'none'` },
    { ours: `charindex('_', ${name}) > 0`, plain: `strpos(${name}, '_') > 0` },
    q`trim(${name}) = 'contoso'`,
  )
}

function computedNumber(name: string): fc.Arbitrary<Spoken> {
  return fc.constantFrom(
    q`coalesce(${name}, 0) > 0`,
    q`${name} + 0.5 > 1`,
    q`abs(${name} / 2) < 3`,
    q`case when ${name} > 0 then 1 else 0 end = 1`,
    q`-(${name} / 2) > 0`,
    q`nullif(${name}, 0) is null`,
  )
}

function computedDate(name: string, { kind }: WorldColumn): fc.Arbitrary<Spoken> {
  const all = [
    q`extract(year from ${name}) = 2024`,
    q`year(${name}) < 2024`,
    q`extract(month from ${name}) in (1, 12)`,
    q`date_trunc('month', ${name}) = '2024-02-01'`,
    q`${name} > ${kind === 'day' ? 'date' : 'timestamp'} '2024-01-01' + interval '2 months'`,
    { ours: `${name} > now() - interval '1 month'`, plain: `${name} > now() - to_months(1)` },
    {
      ours: `datediff(day, ${name}, '2024-03-01'::${typeOf(kind)}) > 0`,
      plain: `date_diff('day', ${name}, '2024-03-01'::${typeOf(kind)}) > 0`,
    },
    {
      ours: `dateadd(day, -1, ${name}) < '2024-01-01'::${typeOf(kind)}`,
      plain: `${name} - to_days(1) < '2024-01-01'::${typeOf(kind)}`,
    },
  ]
  return fc.constantFrom(...all, ...(kind === 'day' ? [] : [q`${name}::date = date '2024-02-29'`]))
}

function typeOf(kind: WorldColumn['kind']): string {
  return kind === 'day' ? 'date' : kind === 'moment' ? 'timestamptz' : 'timestamp'
}
