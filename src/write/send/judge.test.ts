import { expect, test } from 'vitest'
import { dataverse } from '../../capabilities/dataverse.ts'
import { account } from '../fake-service.test-support.ts'
import type { Answer } from './answer.ts'
import { judge } from './judge.ts'

test.each(Object.values(dataverse.limits.codes))(
  'a part of a batch refused with %s waits, whatever its status',
  (code) => {
    const answer: Answer = {
      status: 400,
      headers: {},
      body: {},
      code,
      message: 'Too many.',
      retryAfterMs: 3000,
    }
    const ready = {
      kind: 'ready',
      row: 1,
      input: { line: 1, values: {} },
      key: undefined,
      cells: [],
    } as const
    const item = { ready, id: undefined, ownId: false, uncertain: false }
    expect(judge(item, answer, { table: account, mode: 'insert', capabilities: dataverse })).toEqual({
      kind: 'again',
      waitMs: 3000,
      executed: 'no',
    })
  },
)
