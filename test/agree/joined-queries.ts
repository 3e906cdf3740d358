import fc from 'fast-check'
import { conditions, type Source, where } from './conditions.ts'
import type { Query } from './queries.ts'
import { q, type Spoken } from './spoken.ts'
import { tableNamed, type World } from './world.ts'

/** Queries over several tables: joins of every kind, sub-queries, CTEs. */
export function joinedQueries(world: World): fc.Arbitrary<Query> {
  const source = (alias: string, name: string): Source => ({ alias, table: tableNamed(world, name) })
  return fc.oneof(
    { weight: 5, arbitrary: chains(source) },
    { weight: 3, arbitrary: existence(source) },
    { weight: 2, arbitrary: membership(source) },
    { weight: 1, arbitrary: scalars(source) },
    { weight: 1, arbitrary: laterals(source) },
    { weight: 1, arbitrary: withs(source) },
  )
}

type Sources = (alias: string, table: string) => Source

/** From which alias one may go on to which table, and by what. */
interface Link {
  readonly from: string
  readonly to: string
  readonly on: (from: string, to: string) => string
  /** Both sides call it so. */
  readonly using?: string
}

const by = (column: string, key: string) => (from: string, to: string) => `${from}.${column} = ${to}.${key}`

const LINKS: readonly Link[] = [
  { from: 'agree_line', to: 'agree_order', on: by('agree_orderid', 'agree_orderid'), using: 'agree_orderid' },
  { from: 'agree_line', to: 'agree_vendor', on: by('agree_vendorid', 'agree_vendorid') },
  { from: 'agree_order', to: 'agree_customer', on: by('agree_customerid', 'agree_customerid') },
  { from: 'agree_order', to: 'agree_customer', on: by('agree_partyid', 'agree_customerid') },
  { from: 'agree_order', to: 'agree_vendor', on: by('agree_partyid', 'agree_vendorid') },
  { from: 'agree_customer', to: 'agree_customer', on: by('agree_parentid', 'agree_customerid') },
  { from: 'agree_order', to: 'agree_line', on: by('agree_orderid', 'agree_orderid'), using: 'agree_orderid' },
  { from: 'agree_customer', to: 'agree_order', on: by('agree_customerid', 'agree_customerid') },
  { from: 'agree_customer', to: 'agree_order', on: by('agree_customerid', 'agree_partyid') },
  { from: 'agree_customer', to: 'agree_customer', on: by('agree_customerid', 'agree_parentid') },
  { from: 'agree_vendor', to: 'agree_line', on: by('agree_vendorid', 'agree_vendorid') },
  { from: 'agree_order', to: 'agree_customer', on: by('agree_name', 'agree_name') },
  { from: 'agree_order', to: 'agree_customer', on: by('agree_stage', 'agree_rating') },
]

const KINDS = fc.constantFrom(
  'join',
  'join',
  'left join',
  'left join',
  'right join',
  'full join',
  ',',
  'using',
)

interface Step {
  readonly kind: string
  readonly link: number
  /** Which of the tables so far it starts from. */
  readonly start: number
}

const STEPS = fc.array(fc.record({ kind: KINDS, link: fc.nat(LINKS.length - 1), start: fc.nat(3) }), {
  minLength: 1,
  maxLength: 4,
})

interface Chain {
  readonly sources: readonly Source[]
  readonly from: Spoken
  /** Conditions of comma joins. */
  readonly and: readonly string[]
}

/** Joins along lookups, up and down, two to five tables. */
function joinChain(
  source: Sources,
  steps: readonly Step[],
  extra: (sources: readonly Source[]) => Spoken | undefined,
): Chain {
  const first = source('t0', 'agree_order')
  return steps.reduce<Chain>(
    ({ sources, from, and }, { kind, link, start }) => {
      const at = sources[start % sources.length] ?? first
      const links = LINKS.filter((one) => one.from === at.table.name)
      const { to, on, using } = links[link % links.length] ??
        LINKS[2] ?? { to: '', on: () => '', using: undefined }
      const next = source(`t${sources.length}`, to)
      const all = [...sources, next]
      const condition = on(at.alias, next.alias)
      const isComma = kind === ','
      // What is joined by comma binds looser than what came before, so it is put as a cross join.
      if (isComma)
        return { sources: all, from: q`${from} cross join ${to} ${next.alias}`, and: [...and, condition] }
      if (kind === 'using' && using !== undefined && sources.length === 1)
        return { sources: all, from: q`${from} join ${to} ${next.alias} using (${using})`, and }
      const more = extra([at, next])
      return {
        sources: all,
        from: q`${from} ${kind === 'using' ? 'join' : kind} ${to} ${next.alias} on ${condition}${more === undefined ? '' : q` and ${more}`}`,
        and,
      }
    },
    { sources: [first], from: q`agree_order t0`, and: [] },
  )
}

function chains(source: Sources): fc.Arbitrary<Query> {
  return STEPS.chain((steps) => {
    const { sources } = joinChain(source, steps, () => undefined)
    return fc
      .tuple(
        fc.array(fc.option(conditions(...sources.slice(-2)), { freq: 3, nil: undefined }), {
          minLength: steps.length,
          maxLength: steps.length,
        }),
        fc.option(conditions(...sources), { freq: 3, nil: undefined }),
        fc.constantFrom('rows', 'rows', 'count', 'group', 'first', 'star'),
        fc.nat(3),
      )
      .map(([extras, condition, how, pick]) => {
        let step = 0
        const chain = joinChain(source, steps, ([at, next]) => {
          const extra = extras[step++]
          const named = extra && [...extra.ours.matchAll(/\bt\d\b/g)].map(([alias]) => alias)
          return named?.every((alias) => alias === at?.alias || alias === next?.alias) ? extra : undefined
        })
        const all = [...chain.and.map((text) => q`${text}`), ...(condition ? [condition] : [])]
        const filter = all.reduce<Spoken>(
          (made, one, index) => q`${made} ${index === 0 ? 'where' : 'and'} ${one}`,
          q``,
        )
        const tail = q`from ${chain.from}${filter}`
        const one = sources[pick % sources.length] ?? sources[0]
        const alias = one?.alias ?? 't0'
        const seqs = sources.map((each) => `${each.alias}.agree_seq`)
        if (how === 'count')
          return q`select count(*), count(${alias}.agree_seq), sum(t0.agree_total), min(${alias}.agree_name is null) ${tail}`
        if (how === 'group')
          return q`select ${alias}.${one?.table.key ?? ''}, count(*) as n, max(t0.agree_day) as d, sum(t0.agree_count) as s ${tail} group by 1`
        if (how === 'first')
          return {
            ...q`select ${seqs.join(', ')} ${tail} order by ${seqs.join(', ')} limit 6`,
            ordered: true,
          }
        if (how === 'star')
          return q`select ${alias}.agree_seq as x, count(*) over (partition by ${alias}.agree_seq) as n ${tail}`
        const shown = sources.map((each) => `${each.alias}.agree_seq, ${each.alias}.agree_name`)
        return q`select ${shown.join(', ')} ${tail}`
      })
  })
}

const CHILDREN: readonly (readonly [outer: string, inner: string, on: string])[] = [
  ['agree_customer', 'agree_order', 'b.agree_customerid = a.agree_customerid'],
  ['agree_customer', 'agree_order', 'a.agree_customerid = b.agree_partyid'],
  ['agree_order', 'agree_line', 'b.agree_orderid = a.agree_orderid'],
  ['agree_order', 'agree_customer', 'a.agree_customerid = b.agree_customerid'],
  ['agree_customer', 'agree_customer', 'b.agree_parentid = a.agree_customerid'],
  ['agree_line', 'agree_order', 'b.agree_orderid = a.agree_orderid'],
  ['agree_vendor', 'agree_order', 'b.agree_partyid = a.agree_vendorid'],
]

function existence(source: Sources): fc.Arbitrary<Query> {
  return fc.constantFrom(...CHILDREN).chain(([outer, inner, on]) => {
    const [a, b] = [source('a', outer), source('b', inner)]
    return fc
      .tuple(
        fc.constantFrom('exists', 'exists', 'not exists', 'not exists'),
        fc.option(conditions(b), { freq: 4, nil: undefined }),
        fc.option(conditions(a, b), { freq: 1, nil: undefined }),
        fc.option(conditions(a), { freq: 3, nil: undefined }),
        fc.constantFrom('and', 'and', 'or'),
        fc.nat(5),
      )
      .map(([exists, own, both, outside, operator, how]) => {
        const inside = [own, how === 0 ? both : undefined].flatMap((one) => (one ? [q` and ${one}`] : []))
        const conds = inside.reduce<Spoken>((all, one) => q`${all}${one}`, q`${on}`)
        const limited = how === 1 ? ' limit 1' : ''
        const test = q`${exists} (select ${how === 2 ? 'b.agree_name' : '1'} from ${inner} b where ${conds}${limited})`
        const filter = outside ? q`${test} ${operator} ${outside}` : test
        if (how === 3) return q`select count(*), sum(a.agree_seq) from ${outer} a where ${filter}`
        if (how === 4)
          return {
            ...q`select a.agree_seq from ${outer} a where ${filter} order by a.agree_seq limit 4`,
            ordered: true,
          }
        if (how === 5) return q`select a.agree_seq, ${test} as e from ${outer} a`
        return q`select a.agree_seq, a.agree_name from ${outer} a where ${filter}`
      })
  })
}

const MEMBERS: readonly (readonly [outer: string, column: string, inner: string, other: string])[] = [
  ['agree_order', 'agree_customerid', 'agree_customer', 'agree_customerid'],
  ['agree_customer', 'agree_customerid', 'agree_order', 'agree_customerid'],
  ['agree_customer', 'agree_customerid', 'agree_order', 'agree_partyid'],
  ['agree_line', 'agree_orderid', 'agree_order', 'agree_orderid'],
  ['agree_order', 'agree_stage', 'agree_customer', 'agree_rating'],
  ['agree_order', 'agree_name', 'agree_customer', 'agree_city'],
  ['agree_order', 'agree_count', 'agree_vendor', 'agree_score'],
  ['agree_customer', 'agree_parentid', 'agree_customer', 'agree_customerid'],
]

function membership(source: Sources): fc.Arbitrary<Query> {
  return fc.constantFrom(...MEMBERS).chain(([outer, column, inner, other]) => {
    const [a, b] = [source('a', outer), source('b', inner)]
    return fc
      .tuple(
        fc.constantFrom('in', 'in', 'not in', '= any', '<> all'),
        where(b),
        fc.option(conditions(a), { freq: 3, nil: undefined }),
        fc.nat(4),
      )
      .map(([operator, inside, outside, how]) => {
        const group = how === 0 ? q` group by b.${other}` : q``
        const limited = how === 1 ? q` order by b.${other} nulls last limit 3` : q``
        const test = q`a.${column} ${operator} (select ${how === 2 ? 'distinct ' : ''}b.${other} from ${inner} b${inside}${group}${limited})`
        const filter = outside ? q`${test} and ${outside}` : test
        // Of equal spellings the first of a limit is any.
        if (how === 1 && other === 'agree_city')
          return q`select count(*) > -1 from ${outer} a where ${filter}`
        return how === 3
          ? q`select count(*), count(a.agree_name) from ${outer} a where ${filter}`
          : q`select a.agree_seq, a.agree_name from ${outer} a where ${filter}`
      })
  })
}

function scalars(source: Sources): fc.Arbitrary<Query> {
  return fc.constantFrom(...CHILDREN).chain(([outer, inner, on]) => {
    const [a, b] = [source('a', outer), source('b', inner)]
    return fc
      .tuple(
        fc.constantFrom('count(*)', 'max(b.agree_seq)', 'sum(b.agree_seq)', 'min(b.agree_name is null)'),
        fc.option(conditions(b), { freq: 2, nil: undefined }),
        where(a),
        fc.boolean(),
      )
      .map(([value, own, outside, shown]) => {
        const sub = q`(select ${value} from ${inner} b where ${on}${own ? q` and ${own}` : ''})`
        return shown
          ? q`select a.agree_seq, ${sub} as v from ${outer} a${outside}`
          : q`select a.agree_seq from ${outer} a${outside}${outside.ours === '' ? ' where' : ' and'} ${sub} is not null`
      })
  })
}

function laterals(source: Sources): fc.Arbitrary<Query> {
  return fc.constantFrom(...CHILDREN).chain(([outer, inner, on]) => {
    const [a, b] = [source('a', outer), source('b', inner)]
    return fc
      .tuple(
        fc.constantFrom<readonly [string, string]>(
          ['cross join lateral', ''],
          ['left join lateral', ' on true'],
        ),
        fc.option(conditions(b), { freq: 2, nil: undefined }),
        where(a),
      )
      .map(
        ([[join, end], own, outside]) =>
          q`select a.agree_seq, x.n from ${outer} a ${join} (select b.agree_seq as n from ${inner} b where ${on}${own ? q` and ${own}` : ''} order by b.agree_seq desc limit 2) x${end}${outside}`,
      )
  })
}

function withs(source: Sources): fc.Arbitrary<Query> {
  const [o, c, a] = [source('o', 'agree_order'), source('c', 'agree_customer'), source('a', 'agree_customer')]
  const plain = fc.tuple(where(o), where(c)).map(
    ([
      left,
      right,
    ]): Query => q`with x as (select o.agree_customerid as id, count(*) as n from agree_order o${left} group by 1),
      y as (select c.agree_customerid as id, c.agree_name from agree_customer c${right})
      select y.id, y.agree_name, x.n from x join y on x.id = y.id`,
  )
  const recursive = fc.tuple(where(c), fc.option(conditions(a), { freq: 2, nil: undefined })).map(
    ([top, down]): Query => q`with recursive up as (
      select c.agree_customerid as id, 0 as depth from agree_customer c${top}
      union all
      select a.agree_customerid, up.depth + 1 from agree_customer a join up on a.agree_parentid = up.id
      where up.depth < 3${down ? q` and ${down}` : ''})
      select id, depth, count(*) from up group by 1, 2`,
  )
  const values = conditions(o).map(
    (condition): Query =>
      q`select o.agree_seq, v.label from agree_order o join (values (1, 'one'), (7, 'seven')) v(n, label) on o.agree_stage = v.n where ${condition}`,
  )
  const derived = fc
    .tuple(where(o), fc.constantFrom('x.s is null', 'x.s > 0', 'x.n > 1'))
    .map(
      ([inside, outside]): Query =>
        q`select * from (select o.agree_stage as g, sum(o.agree_count) as s, count(*) as n from agree_order o${inside} group by 1) x where ${outside}`,
    )
  return fc.oneof(plain, recursive, values, derived)
}
