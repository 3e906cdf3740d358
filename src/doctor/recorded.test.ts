import { expect, test } from 'vitest'
import type { DoctorStep } from './doctor.ts'
import { type Diagnosis, recorded } from './recorded.ts'

async function walk(steps: readonly DoctorStep[], most = steps.length): Promise<readonly Diagnosis[]> {
  const diagnoses: Diagnosis[] = []
  const all = recorded(
    (async function* () {
      yield* steps
    })(),
    async (diagnosis) => void diagnoses.push(diagnosis),
  )
  let seen = 0
  for await (const _step of all) if (++seen >= most) break
  return diagnoses
}

const step = (name: DoctorStep['name'], status: DoctorStep['status'], detail: string): DoctorStep => ({
  name,
  title: name,
  status,
  detail,
})

test('a chain that holds is remembered with who one was', async () => {
  const steps = [step('settings', 'ok', 'fine'), step('member', 'ok', 'Ann in contoso.')]
  expect(await walk([...steps, step('table', 'ok', 'fine')], 9)).toEqual([
    { ok: true, detail: 'Ann in contoso.' },
  ])
})

test('a chain that breaks is remembered with its first broken link', async () => {
  const steps = [step('sign-in', 'failed', 'The secret is wrong.'), step('member', 'skipped', 'Not tried.')]
  expect(await walk(steps, 9)).toEqual([{ ok: false, detail: 'sign-in: The secret is wrong.' }])
})

test('a test that is broken off is not remembered', async () => {
  expect(await walk([step('settings', 'ok', 'fine'), step('dns', 'ok', 'fine')], 1)).toEqual([])
})
