import { describe, expect, test } from 'vitest'
import { sendBatch } from './batch.ts'
import { fakeSession, ROOT } from './fake-session.test-support.ts'
import type { SessionRequest } from './session.ts'

/** An answer of a service with one part for each status. */
function answered(...statuses: readonly number[]) {
  const parts = statuses.map(
    (status) =>
      `--x\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nHTTP/1.1 ${status} .\r\nOData-Version: 4.0\r\n\r\n{"is":${status}}\r\n`,
  )
  return `${parts.join('')}--x--\r\n`
}

function service(...statuses: readonly number[]) {
  const fake = fakeSession(() => answered(...statuses))
  const { request } = fake.session
  const session = {
    ...fake.session,
    headers: { CallerObjectId: 'e0000000-0000-4000-8000-000000000002' },
    request: async (asked: Parameters<typeof request>[0]) => ({
      ...(await request(asked)),
      headers: { 'content-type': 'multipart/mixed; boundary=x' },
    }),
  }
  return { session, requests: fake.requests }
}

const two: readonly SessionRequest[] = [
  { method: 'POST', path: 'accounts', body: '{"name":"A"}' },
  { method: 'DELETE', path: `${ROOT}contacts(1)`, headers: { 'If-Match': '*' } },
]

describe('a batch', () => {
  test('answers every request in its order, whatever became of the others', async () => {
    const { session } = service(412, 204)
    const answers = await sendBatch(session, two, { repeatable: false })
    expect(answers.map(({ status, body }) => [status, new TextDecoder().decode(body)])).toEqual([
      [412, '{"is":412}'],
      [204, '{"is":204}'],
    ])
  })

  test('asks the service to go on after an error', async () => {
    const { session, requests } = service(204, 204)
    await sendBatch(session, two, { repeatable: true })
    expect(requests[0]).toMatchObject({ method: 'POST', path: '$batch', repeatable: true })
    expect(requests[0]?.headers).toMatchObject({ Prefer: 'odata.continue-on-error' })
  })

  test('has in every part the headers a request of its own would have', async () => {
    const { session, requests } = service(204, 204)
    await sendBatch(session, two, { repeatable: false })
    const [, first = '', second = ''] = String(requests[0]?.body).split(/--batch_[^\r]*\r\n/)
    for (const part of [first, second]) {
      expect(part).toContain('CallerObjectId: e0000000-0000-4000-8000-000000000002\r\n')
      expect(part).toContain('OData-Version: 4.0\r\n')
    }
    expect(first).toContain('POST /api/data/v9.2/accounts HTTP/1.1\r\n')
    expect(second).toContain('DELETE /api/data/v9.2/contacts(1) HTTP/1.1\r\n')
    expect(second).toContain('If-Match: *\r\n')
  })

  test('with an answer too few is an error that may have been executed', async () => {
    const { session } = service(204)
    await expect(sendBatch(session, two, { repeatable: false })).rejects.toMatchObject({
      code: 'RESPONSE_INVALID',
      message: 'A batch of 2 requests was answered 1 times.',
      cause: { sent: true },
    })
  })

  test('of nothing sends nothing, and one over the limit is refused before it is sent', async () => {
    const { session, requests } = service()
    expect(await sendBatch(session, [], { repeatable: true })).toEqual([])
    const many = Array.from({ length: 1001 }, (): SessionRequest => ({ method: 'GET', path: 'accounts' }))
    await expect(sendBatch(session, many, { repeatable: true })).rejects.toThrow('at most 1000')
    expect(requests).toEqual([])
  })
})
