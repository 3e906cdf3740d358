import cliProgress from 'cli-progress'
import type { Io } from './io.ts'

/** A progress line on stderr for people; nothing at all for machines. */
export interface Progress {
  /** `total` undefined: not known yet. */
  update(done: number, total?: number | undefined): void
  stop(): void
}

export function startProgress(io: Io, { label, unit }: { label: string; unit: string }): Progress {
  if (!io.interactive) return { update: () => {}, stop: () => {} }
  const started = Date.now()
  const bar = new cliProgress.SingleBar(
    {
      stream: io.stderr,
      clearOnComplete: true,
      hideCursor: true,
      format: (_options, { value, total }) => {
        const rate = Math.round(value / Math.max(0.001, (Date.now() - started) / 1000))
        const of =
          total > 0 ? ` of ${total.toLocaleString('en-US')} (${Math.floor((value / total) * 100)} %)` : ''
        return `${label}  ${value.toLocaleString('en-US')}${of} ${unit}, ${rate.toLocaleString('en-US')}/s`
      },
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
