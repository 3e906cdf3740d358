import { makeStyles, tokens } from '@fluentui/react-components'
import { counted } from '../../app/counted.ts'
import { linkTo } from '../../app/router.ts'
import type { Table } from './table.ts'

/** More tables on one side than this are in the list only. */
const MOST_A_SIDE = 10
/** A picture with links in it: no image, whose parts nobody could reach, and no fieldset. */
const GROUP = { role: 'group' } as const
const WIDTH = 820
const ROW_HEIGHT = 44
const BOX = { width: 190, height: 34 }

interface Neighbour {
  readonly table: string
  readonly kinds: ReadonlySet<Table['relationships'][number]['kind']>
  readonly count: number
}

/** The tables around one, as links: on the right what it points to, on the left what points to it or is tied to it. */
export function Neighbourhood({ table }: { readonly table: Table }) {
  const styles = useStyles()
  const all = neighbours(table)
  const right = all.filter(({ kinds }) => kinds.has('many-to-one'))
  const left = all.filter(({ kinds }) => !kinds.has('many-to-one'))
  const rows = Math.max(1, Math.min(MOST_A_SIDE, Math.max(right.length, left.length)))
  const height = rows * ROW_HEIGHT + 8
  const sides = [
    { x: WIDTH - BOX.width / 2 - 2, shown: right.slice(0, MOST_A_SIDE) },
    { x: BOX.width / 2 + 2, shown: left.slice(0, MOST_A_SIDE) },
  ]
  const placed = sides.flatMap(({ x, shown }) =>
    shown.map((neighbour, at) => ({
      ...neighbour,
      x,
      y: height / 2 + (at - (shown.length - 1) / 2) * ROW_HEIGHT,
    })),
  )
  return (
    <figure className={styles.figure}>
      <svg
        {...GROUP}
        viewBox={`0 0 ${WIDTH} ${height}`}
        className={styles.svg}
        aria-label={`Tables around ${table.label}`}
      >
        {placed.map(({ table: name, kinds, x, y }) => (
          <line
            key={name}
            x1={WIDTH / 2}
            y1={height / 2}
            x2={x < WIDTH / 2 ? x + BOX.width / 2 : x - BOX.width / 2}
            y2={y}
            className={styles.line}
            strokeDasharray={kinds.has('many-to-one') ? undefined : kinds.has('many-to-many') ? '2 5' : '7 5'}
          />
        ))}
        <Box x={WIDTH / 2} y={height / 2} words={table.name} className={styles.centre} />
        {placed.map(({ table: name, kinds, count, x, y }) => (
          <a
            key={name}
            href={linkTo('explore', [name], { view: 'relationships' })}
            className={styles.link}
            aria-label={`${name}: ${[...kinds].join(', ')}, ${counted(count, 'relationship')}`}
          >
            <Box x={x} y={y} words={name} className={styles.box} />
          </a>
        ))}
      </svg>
      <figcaption className={styles.caption}>
        Full lines: {table.name} points to it. Dashed: it points to {table.name}. Dotted: many to many.
        {all.length > placed.length
          ? ` The list below has ${counted(all.length - placed.length, 'more table')}.`
          : ''}
      </figcaption>
    </figure>
  )
}

interface BoxProps {
  readonly x: number
  readonly y: number
  readonly words: string
  readonly className: string | undefined
}

function Box({ x, y, words, className }: BoxProps) {
  return (
    <g className={className}>
      <rect x={x - BOX.width / 2} y={y - BOX.height / 2} width={BOX.width} height={BOX.height} rx="4" />
      <text x={x} y={y + 4} textAnchor="middle">
        {words.length > 26 ? `${words.slice(0, 25)}…` : words}
      </text>
    </g>
  )
}

/** Those with the most to do with the table first: what it points to before what points to it. */
export function neighbours({
  name,
  relationships,
}: Pick<Table, 'name' | 'relationships'>): readonly Neighbour[] {
  const found = new Map<string, { kinds: Set<Table['relationships'][number]['kind']>; count: number }>()
  for (const { table, kind } of relationships) {
    if (table === name) continue
    const known = found.get(table) ?? { kinds: new Set(), count: 0 }
    known.kinds.add(kind)
    known.count++
    found.set(table, known)
  }
  return [...found]
    .map(([table, { kinds, count }]) => ({ table, kinds, count }))
    .sort(
      (a, b) =>
        Number(b.kinds.has('many-to-one')) - Number(a.kinds.has('many-to-one')) ||
        b.count - a.count ||
        (a.table < b.table ? -1 : 1),
    )
}

const useStyles = makeStyles({
  figure: { margin: 0, overflowX: 'auto', flexShrink: 0 },
  svg: { width: '100%', minWidth: '560px', maxWidth: `${WIDTH}px`, fontSize: '13px' },
  line: { stroke: tokens.colorNeutralStrokeAccessible, strokeWidth: 1.2 },
  centre: {
    '& rect': { fill: tokens.colorBrandBackground },
    '& text': { fill: tokens.colorNeutralForegroundOnBrand, fontWeight: 600 },
  },
  box: {
    '& rect': { fill: tokens.colorNeutralBackground1, stroke: tokens.colorNeutralStrokeAccessible },
    '& text': { fill: tokens.colorNeutralForeground1 },
  },
  link: {
    ':hover rect': { fill: tokens.colorNeutralBackground1Hover },
    ':focus-visible': { outlineStyle: 'none' },
    ':focus-visible rect': { stroke: tokens.colorStrokeFocus2, strokeWidth: 3 },
  },
  caption: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
})
