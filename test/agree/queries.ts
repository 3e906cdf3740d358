import fc from 'fast-check'
import { conditions, type Source, where } from './conditions.ts'
import { joinedQueries } from './joined-queries.ts'
import { q, type Spoken } from './spoken.ts'
import { tableNamed, type World, type WorldColumn, type WorldTable } from './world.ts'

/** A generated query, and how its answers compare. */
export interface Query extends Spoken {
  /** Do its rows stand in one order only? */
  readonly ordered?: boolean
  /** Is the spelling of its texts any of those that are equal? */
  readonly folded?: boolean
  /** Any so many of the rows of this other query will do. */
  readonly anyOf?: { readonly all: Spoken; readonly most: number }
}

export function queries(world: World): fc.Arbitrary<Query> {
  const of = (name: string): WorldTable => tableNamed(world, name)
  const order: Source = { alias: 'o', table: of('agree_order') }
  const customer: Source = { alias: 'c', table: of('agree_customer') }
  const line: Source = { alias: 'l', table: of('agree_line') }
  const any = fc.constantFrom(order, order, customer, line)
  return fc.oneof(
    { weight: 4, arbitrary: any.chain(plainRows) },
    { weight: 3, arbitrary: any.chain(firstRows) },
    { weight: 1, arbitrary: any.chain(anyRows) },
    { weight: 5, arbitrary: any.chain(groups) },
    { weight: 2, arbitrary: any.chain(distinct) },
    { weight: 1, arbitrary: any.chain(groupingSets) },
    { weight: 1, arbitrary: combined(order, customer) },
    { weight: 1, arbitrary: windows(order) },
    { weight: 8, arbitrary: joinedQueries(world) },
  )
}

const from = ({ alias, table }: Source): string => `from ${table.name} ${alias}`

/** Names of what a table shows: its columns, labels, and the tables of lookups. */
export function shownNames({ columns }: WorldTable): readonly string[] {
  return columns.flatMap(({ name, kind, labels, targets = [] }) => [
    name,
    ...(labels || kind === 'lookup' ? [`${name}name`] : []),
    ...(targets.length > 1 ? [`${name}type`] : []),
  ])
}

const someColumns = ({ alias, table }: Source): fc.Arbitrary<string> =>
  fc
    .uniqueArray(fc.constantFrom(...shownNames(table)), { minLength: 1, maxLength: 5 })
    .map((names) => names.map((name) => `${alias}.${name}`).join(', '))

function plainRows(source: Source): fc.Arbitrary<Query> {
  return fc
    .tuple(someColumns(source), where(source))
    .map(([columns, condition]) => q`select ${columns} ${from(source)}${condition}`)
}

/** The first of an order that nothing is left open in: any order, or one of those the service has too. */
function firstRows(source: Source): fc.Arbitrary<Query> {
  const { alias, table } = source
  const any = fc
    .tuple(
      fc.constantFrom(...table.columns.filter(({ kind }) => kind !== 'choices')),
      fc.constantFrom('', ' desc', ' nulls first', ' desc nulls last', ' nulls last', ' desc nulls first'),
    )
    .map(([column, how]) => `${alias}.${column.name}${how}`)
  const asService = fc
    .tuple(
      fc.constantFrom(...table.columns.filter(({ kind }) => SORTED.includes(kind))),
      fc.constantFrom(' nulls first', ' desc nulls last'),
    )
    .map(([column, how]) => `${alias}.${column.name}${how}`)
  const keys = (key: fc.Arbitrary<string>) =>
    fc.uniqueArray(key, { minLength: 0, maxLength: 2, selector: (text) => text.split(' ')[0] })
  return fc
    .tuple(
      someColumns(source),
      where(source),
      fc.oneof(
        fc.tuple(keys(any), fc.constantFrom('', ' desc')),
        fc.tuple(keys(asService), fc.constantFrom(' nulls first', ' desc nulls last')),
      ),
      fc.constantFrom('limit', 'limit', 'offset', 'fetch', 'top', 'none'),
      fc.integer({ min: 0, max: 20 }),
    )
    .map(([columns, condition, [before, last], how, rows]) => {
      const head = `${columns}, ${alias}.agree_seq`
      const rest = q`${from(source)}${condition} order by ${[...before, `${alias}.agree_seq${last}`].join(', ')}`
      const limited = {
        limit: q`select ${head} ${rest} limit ${rows}`,
        offset: q`select ${head} ${rest} limit ${rows} offset 3`,
        fetch: {
          ours: q`select ${head} ${rest} fetch first ${rows + 1} rows only`.ours,
          plain: q`select ${head} ${rest} limit ${rows + 1}`.plain,
        },
        top: {
          ours: q`select top ${rows} ${head} ${rest}`.ours,
          plain: q`select ${head} ${rest} limit ${rows}`.plain,
        },
        none: q`select ${head} ${rest}`,
      }[how]
      return { ...(limited ?? q``), ordered: true }
    })
}

/** Kinds that the service puts in the order the engine does. */
const SORTED: readonly WorldColumn['kind'][] = [
  'integer',
  'bigint',
  'decimal',
  'money',
  'day',
  'moment',
  'independent',
]

function anyRows(source: Source): fc.Arbitrary<Query> {
  return fc
    .tuple(someColumns(source), where(source), fc.integer({ min: 1, max: 12 }))
    .map(([columns, condition, most]) => {
      const all = q`select ${source.alias}.${source.table.key}, ${columns} ${from(source)}${condition}`
      return { ...q`${all} limit ${most}`, anyOf: { all, most } }
    })
}

/** What rows are grouped by: its SQL, and whether equal texts may be spelled differently. */
function groupers({ alias, table }: Source): readonly (Spoken & { readonly text: boolean })[] {
  return table.columns
    .filter(({ kind }) => kind !== 'choices')
    .flatMap(({ name, kind, labels, targets = [] }) => {
      const own = { ...q`${alias}.${name}`, text: kind === 'text' || kind === 'memo' }
      const label = { ...q`${alias}.${name}name`, text: true }
      if (kind === 'lookup')
        return [own, label, ...(targets.length > 1 ? [{ ...q`${alias}.${name}type`, text: true }] : [])]
      if (kind === 'day' || kind === 'moment' || kind === 'independent')
        return [own, ...datesOf(`${alias}.${name}`).map((date) => ({ ...date, text: false }))]
      return labels ? [own, label] : [own]
    })
}

function datesOf(name: string): readonly Spoken[] {
  return [
    q`date_trunc('month', ${name})`,
    q`date_trunc('day', ${name})`,
    q`date_trunc('year', ${name})`,
    q`date_trunc('quarter', ${name})`,
    q`date_trunc('week', ${name})`,
    q`year(${name})`,
    q`month(${name})`,
    q`extract(day from ${name})`,
    q`extract(quarter from ${name})`,
    q`extract(year from ${name})`,
    q`${name}::date`,
  ]
}

const NUMBERS: readonly WorldColumn['kind'][] = ['integer', 'bigint', 'decimal', 'double', 'money', 'choice']

/** Of decimals the digits of the exact sum are divided, wherever it was added up: DuckDB divides in the machine's longest float. */
function averageOf(name: string, { kind, precision = 0 }: WorldColumn): string {
  if (kind !== 'decimal' && kind !== 'money') return `avg(${name})`
  const scale = kind === 'money' ? 4 : precision
  const digits = scale === 0 ? `sum(${name})` : `replace(sum(${name})::text, '.', '')`
  return `${digits}::hugeint::double / (count(${name}) * '1${'0'.repeat(scale)}'::hugeint)`
}

/** An aggregate, and whether it shows a text. */
function aggregates(source: Source): fc.Arbitrary<Spoken & { readonly text: boolean }> {
  const { alias, table } = source
  const shown = (made: Spoken, text = false) => ({ ...made, text })
  const column = fc.constantFrom(...table.columns.filter(({ kind }) => kind !== 'choices')).chain((one) => {
    const name = `${alias}.${one.name}`
    const isText = one.kind === 'text' || one.kind === 'memo'
    const folded = isText ? `lower(strip_accents(${name}))` : name
    const all = [
      shown(q`count(${name})`),
      shown({ ours: `count(distinct ${name})`, plain: `count(distinct ${folded})` }),
    ]
    if (isText || !['boolean', 'guid', 'lookup'].includes(one.kind))
      all.push(shown(q`min(${name})`, isText), shown(q`max(${name})`, isText))
    if (NUMBERS.includes(one.kind))
      all.push(
        shown(q`sum(${name})`),
        shown({ ours: `avg(${name})`, plain: averageOf(name, one) }),
        shown(q`sum(${name}) * 2`),
        shown(q`sum(distinct ${name})`),
        shown(q`coalesce(sum(${name}), 0)`),
      )
    if (one.kind === 'boolean')
      all.push(shown(q`bool_or(${name})`), shown(q`count(*) filter (where ${name})`))
    return fc.constantFrom(...all)
  })
  return fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom(shown(q`count(*)`), shown(q`count(${alias}.${table.key})`)) },
    { weight: 6, arbitrary: column },
    {
      weight: 1,
      arbitrary: conditions(source).map((condition) => shown(q`sum(case when ${condition} then 1 end)`)),
    },
    {
      weight: 1,
      arbitrary: conditions(source).map((condition) => shown(q`count(*) filter (where ${condition})`)),
    },
  )
}

function groups(source: Source): fc.Arbitrary<Query> {
  return fc
    .tuple(
      fc.uniqueArray(fc.constantFrom(...groupers(source)), { maxLength: 2, selector: ({ plain }) => plain }),
      fc.array(aggregates(source), { minLength: 1, maxLength: 3 }),
      where(source),
      fc.option(aggregates(source), { freq: 3, nil: undefined }),
      fc.constantFrom('is null', 'is not null'),
      fc.integer({ min: 0, max: 5 }),
    )
    .map(([by, made, condition, having, test, how]) => {
      const shown = [...by, ...made].map((one, at) => q`${one} as x${at}`)
      const numbers = by.map((_, at) => at + 1).join(', ')
      const grouped =
        by.length === 0 ? q`` : how < 3 ? q` group by ${numbers}` : q` group by ${spokenList(by)}`
      const kept = having === undefined ? q`` : q` having ${having} ${test}`
      const query = q`select ${spokenList(shown)} ${from(source)}${condition}${grouped}${kept}`
      const folded = [...by, ...made].some(({ text }) => text)
      // A limit needs one order: groups by something of which no two are equal.
      const limits = how === 5 && by.length > 0 && !folded
      return limits ? { ...q`${query} order by ${numbers} limit 4`, ordered: true } : { ...query, folded }
    })
}

function spokenList(parts: readonly Spoken[]): Spoken {
  return parts.reduce((all, part, at) => (at === 0 ? part : q`${all}, ${part}`), q``)
}

function distinct(source: Source): fc.Arbitrary<Query> {
  const { alias } = source
  const columns = fc.uniqueArray(fc.constantFrom(...groupers(source)), {
    minLength: 1,
    maxLength: 3,
    selector: ({ plain }) => plain,
  })
  return fc.tuple(columns, where(source), fc.integer({ min: 0, max: 3 })).map(([by, condition, how]) => {
    const folded = by.some(({ text }) => text)
    const named = spokenList(by.map((one, at) => q`${one} as x${at}`))
    if (how === 0)
      return {
        ...q`select distinct on (${spokenList(by)}) ${alias}.agree_seq ${from(source)}${condition} order by ${spokenList(by)}, ${alias}.agree_seq desc`,
      }
    const query = q`select distinct ${named} ${from(source)}${condition}`
    if (how === 1 && !folded)
      return { ...q`${query} order by ${by.map((_, at) => at + 1).join(', ')} limit 5`, ordered: true }
    return how === 2 ? q`select count(*) from (${query}) x` : { ...query, folded }
  })
}

function groupingSets(source: Source): fc.Arbitrary<Query> {
  const some = groupers(source).filter(({ text }) => !text)
  return fc
    .tuple(
      fc.uniqueArray(fc.constantFrom(...some), {
        minLength: 2,
        maxLength: 2,
        selector: ({ plain }) => plain,
      }),
      where(source),
      fc.constantFrom('rollup (', 'cube (', 'grouping sets ((), '),
    )
    .map(
      ([by, condition, how]) =>
        q`select ${spokenList(by.map((one, at) => q`${one} as x${at}`))}, count(*), sum(agree_seq) ${from(source)}${condition} group by ${how}${spokenList(by)})`,
    )
}

function combined(order: Source, customer: Source): fc.Arbitrary<Query> {
  const operator = fc.constantFrom('union', 'union all', 'intersect', 'except', 'except all', 'intersect all')
  return fc
    .tuple(
      operator,
      where(order),
      where(customer),
      fc.constantFrom<readonly [string, string, boolean]>(
        ['agree_stage', 'agree_rating', false],
        ['agree_name', 'agree_city', true],
        ['agree_customerid', 'agree_customerid', false],
        ['agree_day', 'agree_since', false],
        ['agree_total', 'agree_limit', false],
      ),
      fc.boolean(),
    )
    .map(([how, left, right, [a, b, folded], limited]) => {
      const query = q`select o.${a} as x ${from(order)}${left} ${how} select c.${b} ${from(customer)}${right}`
      return limited && !folded && !how.endsWith('all')
        ? { ...q`${query} order by x limit 5`, ordered: true }
        : { ...query, folded }
    })
}

function windows(order: Source): fc.Arbitrary<Query> {
  const window = fc.constantFrom(
    'row_number() over (partition by o.agree_stage order by o.agree_seq)',
    'sum(o.agree_count) over (order by o.agree_seq rows between 2 preceding and current row)',
    'lag(o.agree_name) over (order by o.agree_seq)',
    'rank() over (order by o.agree_total desc nulls last)',
    'count(*) over (partition by o.agree_customerid)',
    'max(o.agree_at) over ()',
    'ntile(3) over (order by o.agree_seq)',
    'first_value(o.agree_seq) over (partition by o.agree_name order by o.agree_seq)',
  )
  return fc.tuple(window, where(order), fc.boolean()).map(([over, condition, first]) => {
    const query = q`select o.agree_seq, ${over} as w ${from(order)}${condition}`
    return first ? { ...q`select * from (${query}) x order by agree_seq limit 7`, ordered: true } : query
  })
}
