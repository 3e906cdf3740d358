import type { DoctorStep } from './doctor.ts'

export interface Diagnosis {
  readonly ok: boolean
  /** Who the service took us for, or the first thing that is wrong. */
  readonly detail: string
}

/** The steps as they come, and once all of them came, what they amount to. One that is broken off tells nothing. */
export async function* recorded(
  steps: AsyncIterable<DoctorStep>,
  record: (diagnosis: Diagnosis) => Promise<void>,
): AsyncGenerator<DoctorStep, void, undefined> {
  let failed: DoctorStep | undefined
  let member = ''
  for await (const step of steps) {
    if (step.status === 'failed') failed ??= step
    if (step.name === 'member') member = step.detail
    yield step
  }
  await record(
    failed ? { ok: false, detail: `${failed.title}: ${failed.detail}` } : { ok: true, detail: member },
  )
}
