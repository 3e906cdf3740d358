import { parseWriteMode, type WriteMode } from '../options.ts'
import type { WriteReport } from '../report.ts'

/** The report of a finished step and the ends of its rows, as a file kept them; undefined where it kept none. */
export function keptReport(
  kept: Readonly<Record<string, unknown>> | undefined,
): { readonly report: WriteReport; readonly fates: Readonly<Record<string, unknown>> } | undefined {
  if (!kept) return undefined
  const report = objectOf(kept.report)
  const count = (name: string): number => {
    const value = report[name]
    return typeof value === 'number' ? value : 0
  }
  const notices = Array.isArray(report.notices) ? report.notices.map(String) : []
  const mode: WriteMode | undefined = parseWriteMode(String(report.mode))
  if (mode === undefined) return undefined
  return {
    fates: objectOf(kept.fates),
    report: {
      read: count('read'),
      accepted: count('accepted'),
      created: count('created'),
      updated: count('updated'),
      deleted: count('deleted'),
      rejected: count('rejected'),
      unchanged: count('unchanged'),
      notSent: count('notSent'),
      inDoubt: count('inDoubt'),
      resumed: count('resumed'),
      runId: String(report.runId),
      table: String(report.table),
      mode,
      dryRun: false,
      complete: true,
      notices,
    },
  }
}

export function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
