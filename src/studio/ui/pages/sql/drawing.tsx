import { type ChartData, type ChartKind, type ChartPoint, ticksFor } from './chart-data.ts'

/** Colours that are written into the picture, so that it looks the same where it is saved to. */
export interface Ink {
  readonly text: string
  readonly line: string
  readonly paper: string
}

export const WIDTH = 760
const HEIGHT = 380
const FRAME = { left: 76, right: 16, top: 16, bottom: 92 }
/** Told apart by people who see few colours; contrast of 3 on white and on black. */
const COLOURS = ['#2f7fc1', '#c4622d', '#3f9142', '#9a5fb5', '#b8860b', '#1c8a8a', '#c44569', '#6b7280']
const MOST_LETTERS = 14

interface DrawingProps {
  readonly kind: ChartKind
  readonly data: ChartData
  readonly title: string
  readonly ink: Ink
  readonly ref: React.Ref<SVGSVGElement>
}

/** A picture of numbers, drawn by hand: a few shapes need no library. */
export function Drawing({ kind, data: { points }, title, ink, ref }: DrawingProps) {
  return (
    <svg
      ref={ref}
      xmlns="http://www.w3.org/2000/svg"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={title}
      fontFamily="Segoe UI, system-ui, sans-serif"
      fontSize="12"
      fill={ink.text}
    >
      <rect width={WIDTH} height={HEIGHT} fill={ink.paper} />
      {kind === 'pie' ? <Pie points={points} ink={ink} /> : <Axes kind={kind} points={points} ink={ink} />}
    </svg>
  )
}

interface ShapesProps {
  readonly points: readonly ChartPoint[]
  readonly ink: Ink
}

function Axes({ kind, points, ink }: ShapesProps & { readonly kind: ChartKind }) {
  const ticks = ticksFor(points.map(({ value }) => value))
  const [low = 0, high = 1] = [ticks[0], ticks.at(-1)]
  const across = WIDTH - FRAME.left - FRAME.right
  const down = HEIGHT - FRAME.top - FRAME.bottom
  const y = (value: number): number => FRAME.top + down - ((value - low) / (high - low || 1)) * down
  const step = across / Math.max(1, points.length)
  const x = (at: number): number => FRAME.left + step * (at + 0.5)
  const everyLabel = Math.max(1, Math.ceil(points.length / 24))
  return (
    <>
      {ticks.map((tick) => (
        <g key={tick}>
          <line x1={FRAME.left} x2={WIDTH - FRAME.right} y1={y(tick)} y2={y(tick)} stroke={ink.line} />
          <text x={FRAME.left - 8} y={y(tick) + 4} textAnchor="end">
            {short(tick)}
          </text>
        </g>
      ))}
      {kind === 'bar' &&
        points.map(({ label, value }, at) => (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: two rows may have one label.
            key={`${at} ${label}`}
            x={x(at) - step * 0.35}
            width={step * 0.7}
            y={Math.min(y(0), y(value))}
            height={Math.abs(y(value) - y(0))}
            fill={COLOURS[0]}
          >
            <title>{`${label}: ${value.toLocaleString('en')}`}</title>
          </rect>
        ))}
      {kind === 'line' && (
        <polyline
          points={points.map(({ value }, at) => `${x(at)},${y(value)}`).join(' ')}
          fill="none"
          stroke={COLOURS[0]}
          strokeWidth="2"
        />
      )}
      {points.map(({ label }, at) =>
        at % everyLabel === 0 ? (
          <text
            // biome-ignore lint/suspicious/noArrayIndexKey: two rows may have one label.
            key={`${at} ${label}`}
            transform={`translate(${x(at) + 4} ${HEIGHT - FRAME.bottom + 14}) rotate(-40)`}
            textAnchor="end"
          >
            {cut(label)}
          </text>
        ) : null,
      )}
    </>
  )
}

function Pie({ points }: ShapesProps) {
  const total = points.reduce((sum, { value }) => sum + value, 0)
  const [cx, cy, radius] = [200, HEIGHT / 2, 150]
  let from = 0
  return (
    <>
      {points.map(({ label, value }, at) => {
        const begin = from
        from += value / total
        const colour = COLOURS[at % COLOURS.length]
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: two rows may have one label.
          <g key={`${at} ${label}`}>
            <path d={slice({ cx, cy, radius, begin, end: from })} fill={colour} stroke="#ffffff">
              <title>{`${label}: ${value.toLocaleString('en')}`}</title>
            </path>
            <rect x={400} y={40 + at * 25} width="14" height="14" fill={colour} />
            <text x={422} y={52 + at * 25}>
              {`${cut(label, 26)}  ${((value / total) * 100).toFixed(1)} %`}
            </text>
          </g>
        )
      })}
    </>
  )
}

interface Slice {
  readonly cx: number
  readonly cy: number
  readonly radius: number
  /** Share of the circle, 0 to 1. */
  readonly begin: number
  readonly end: number
}

function slice({ cx, cy, radius, begin, end }: Slice): string {
  const at = (share: number): string => {
    const angle = share * 2 * Math.PI - Math.PI / 2
    return `${(cx + radius * Math.cos(angle)).toFixed(2)} ${(cy + radius * Math.sin(angle)).toFixed(2)}`
  }
  // An arc from a point to itself is nothing: a whole circle stops a little before its end.
  const last = end - begin > 0.9999 ? begin + 0.9999 : end
  const large = last - begin > 0.5 ? 1 : 0
  return `M ${cx} ${cy} L ${at(begin)} A ${radius} ${radius} 0 ${large} 1 ${at(last)} Z`
}

function short(value: number): string {
  return new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 2 }).format(value)
}

function cut(label: string, most = MOST_LETTERS): string {
  return label.length > most ? `${label.slice(0, most - 1)}…` : label
}
