import cliProgress from 'cli-progress'
import type { Io } from './io.ts'

/** A progress line on stderr for people; nothing at all for machines. */
export interface Progress {
  /** `total` undefined: not known yet. */
  update(done: number, total?: number | undefined): void
  stop(): void
}

export interface ProgressOptions {
  readonly label: string
  readonly unit: string
  /** About how many there are, where that is known before the end: for the time left. */
  readonly about?: number | undefined
  /** Told at the end of the line; '' for nothing. */
  readonly note?: () => string
}

export function startProgress(io: Io, { label, unit, about, note }: ProgressOptions): Progress {
  if (!io.interactive) return { update: () => {}, stop: () => {} }
  const started = Date.now()
  const bar = new cliProgress.SingleBar(
    {
      stream: io.stderr,
      clearOnComplete: true,
      hideCursor: true,
      format: (_options, { value, total }) =>
        line({ label, unit, value, total, about, ms: Date.now() - started, note: note?.() ?? '' }),
    },
    cliProgress.Presets.shades_classic,
  )
  bar.start(0, 0)
  return {
    update: (done, total) => {
      if (total !== undefined) bar.setTotal(total)
      bar.update(done)
    },
    stop: () => bar.stop(),
  }
}

interface ProgressLine {
  readonly label: string
  readonly unit: string
  readonly value: number
  /** 0: not known. */
  readonly total: number
  readonly about: number | undefined
  readonly ms: number
  readonly note: string
}

/** `Writing  12,000 of about 50,000 rows (24 %), 400/s, 2 min left; limits left: 5,800 requests, 1,100 s` */
export function line({ label, unit, value, total, about, ms, note }: ProgressLine): string {
  const rate = value / Math.max(0.001, ms / 1000)
  const known = total > 0 ? total : about
  const of = known === undefined ? '' : ` of ${total > 0 ? '' : 'about '}${known.toLocaleString('en-US')}`
  const share =
    known === undefined || known <= 0 ? '' : ` (${Math.min(100, Math.floor((value / known) * 100))} %)`
  const left =
    known === undefined || value === 0 || known <= value ? '' : `, ${duration((known - value) / rate)} left`
  const speed = `${Math.round(rate).toLocaleString('en-US')}/s`
  return `${label}  ${value.toLocaleString('en-US')}${of} ${unit}${share}, ${speed}${left}${note === '' ? '' : `; ${note}`}`
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`
  return `${(seconds / 3600).toFixed(1)} h`
}
