import { expect, test } from 'vitest'
import { dataverse } from '../../capabilities/dataverse.ts'
import { sendBatch } from '../../service/batch.ts'
import type { Session, SessionRequest, SessionResponse } from '../../service/session.ts'
import { account, fakeService } from '../fake-service.test-support.ts'
import { memoryRows } from '../input/memory-rows.ts'
import type { RejectedRow } from '../outcome.ts'
import { writeRows } from '../write-rows.ts'

const ID = '00000000-0000-4000-8000-00000000000'

/** What the service writes back for three parts: done, refused, and gone. */
const ANSWER = [
  '--batchresponse_1',
  'Content-Type: application/http',
  'Content-Transfer-Encoding: binary',
  '',
  'HTTP/1.1 204 No Content',
  'OData-Version: 4.0',
  '',
  '',
  '--batchresponse_1',
  'Content-Type: application/http',
  'Content-Transfer-Encoding: binary',
  '',
  'HTTP/1.1 400 Bad Request',
  'Content-Type: application/json; odata.metadata=minimal',
  '',
  '{"error":{"code":"0x80044331","message":"A validation error occurred.  The length of the \'name\' attribute is exceeded."}}',
  '--batchresponse_1',
  'Content-Type: application/http',
  'Content-Transfer-Encoding: binary',
  '',
  'HTTP/1.1 404 Not Found',
  '',
  '{"error":{"code":"0x80040217","message":"account Does Not Exist"}}',
  '--batchresponse_1--',
  '',
].join('\r\n')

test('a batch on the wire: one request, no change set, continue on error, each part judged for itself', async () => {
  const sent: SessionRequest[] = []
  const session: Session = {
    ...fakeService().environment.session,
    capabilities: dataverse,
    request: async (request): Promise<SessionResponse> => {
      sent.push(request)
      const headers = { 'content-type': 'multipart/mixed; boundary=batchresponse_1' }
      return { status: 200, headers, body: new TextEncoder().encode(ANSWER) }
    },
  }
  const rejected: RejectedRow[] = []
  const rows = memoryRows([1, 2, 3].map((at) => ({ accountid: `${ID}${at}`, name: `n${at}` })))
  const report = await writeRows(
    {
      ...fakeService().environment,
      session,
      sendBatch: (requests, options) => sendBatch(session, requests, options),
    },
    account,
    rows,
    {
      mode: 'update',
      rejects: (row) => {
        rejected.push(row)
      },
    },
  )
  expect(report).toMatchObject({ read: 3, updated: 1, rejected: 2 })
  expect(rejected.map(({ row, code, column }) => [row, code, column])).toEqual([
    [2, '0x80044331', 'name'],
    [3, '0x80040217', undefined],
  ])
  expect(sent).toMatchObject([
    { method: 'POST', path: '$batch', repeatable: false, headers: { Prefer: 'odata.continue-on-error' } },
  ])
  const body = String(sent[0]?.body)
  expect(body).not.toContain('changeset')
  expect(body.match(/^PATCH .*$/gm)?.map((line) => line.trim())).toEqual(
    [1, 2, 3].map((at) => `PATCH /api/data/v9.2/accounts(${ID}${at}) HTTP/1.1`),
  )
  expect(body.match(/^If-Match: \*/gim)).toHaveLength(3)
})
