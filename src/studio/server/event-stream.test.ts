import { expect, test } from 'vitest'
import { D365Error } from '../../core/errors.ts'
import { eventStream } from './event-stream.ts'

test('events arrive one by one and end with an end', async () => {
  const response = eventStream(async function* () {
    yield { step: 1 }
    yield { rows: 9_007_199_254_740_993n }
  })
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  expect(await response.text()).toBe(
    'event: event\ndata: {"step":1}\n\nevent: event\ndata: {"rows":"9007199254740993"}\n\nevent: end\ndata: {}\n\n',
  )
})

test('a failure is the last event, with what to do next', async () => {
  const response = eventStream(async function* () {
    yield 1
    throw new D365Error('NOT_FOUND', 'There is no table x.', { hint: 'There is y.' })
  })
  expect(await response.text()).toContain(
    'event: problem\ndata: {"code":"NOT_FOUND","fault":"user","message":"There is no table x.","hint":"There is y."}',
  )
})

test('who goes away aborts the work', async () => {
  let aborted = false
  const response = eventStream(async function* (signal) {
    signal.addEventListener('abort', () => {
      aborted = true
    })
    yield 1
    yield 2
  })
  const reader = response.body?.getReader()
  await reader?.read()
  await reader?.cancel()
  expect(aborted).toBe(true)
})
