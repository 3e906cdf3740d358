import { describe, expect, test } from 'vitest'
import { type Answer, type Asked, ROOT, type TestApi, testApi, textIn } from '../write.test-support.ts'

const HTTP = 'Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n'
const TASK_TOO_LONG = `{"subject":"${'x'.repeat(201)}"}`

/** A request line with its headers and body, as one part of a batch or a change set. */
function part(request: string, body?: string, contentId?: string | number): string {
  const id = contentId === undefined ? '' : `Content-ID: ${contentId}\r\n`
  const type = body === undefined ? '' : 'Content-Type: application/json\r\n'
  return `${HTTP}${id}\r\n${request} HTTP/1.1\r\n${type}\r\n${body ?? ''}\r\n`
}

function changeSet(...parts: readonly string[]): string {
  const inner = parts.map((text) => `--changeset_1\r\n${text}`).join('')
  return `Content-Type: multipart/mixed; boundary=changeset_1\r\n\r\n${inner}--changeset_1--\r\n`
}

function send(api: TestApi, parts: readonly string[], headers: Asked['headers'] = {}): Answer {
  const body = `${parts.map((text) => `--batch_1\r\n${text}`).join('')}--batch_1--\r\n`
  return api.ask('POST', '$batch', {
    body,
    headers: { 'content-type': 'multipart/mixed; boundary="batch_1"', ...headers },
  })
}

/** The text of an answer with its random GUIDs and versions made equal. */
function normal(answer: Answer): string {
  return textIn(answer)
    .replace(/(batchresponse|changesetresponse)_[0-9a-f-]{36}/g, '$1')
    .replace(/REQ_ID: [0-9a-f-]{36}/g, 'REQ_ID: id')
    .replace(/W\/\\"\d+\\"/g, 'W/etag')
}

const ID = (number: number) => `00000000-0000-0000-0000-00000000000${number}`
const account = (number: number, more = '') => `{"accountid":"${ID(number)}","name":"A${number}"${more}}`

describe('requests one by one', () => {
  test('are answered in order, with the line ends and headers of the service', () => {
    const api = testApi()
    const answer = send(api, [
      part('POST /api/data/v9.2/accounts', account(1)),
      part(`GET ${ROOT}accounts(${ID(1)})?$select=name`),
      part(`DELETE accounts(${ID(1)})`),
    ])
    expect(answer.status).toBe(200)
    expect(answer.headers['Content-Type']).toMatch(/^multipart\/mixed; boundary=batchresponse_[0-9a-f-]{36}$/)
    const url = `${ROOT}accounts(${ID(1)})`
    expect(normal(answer).split('\r\n')).toEqual([
      '--batchresponse',
      'Content-Type: application/http',
      'Content-Transfer-Encoding: binary',
      '',
      'HTTP/1.1 204 No Content',
      'OData-Version: 4.0',
      `Location: ${url}`,
      `OData-EntityId: ${url}`,
      '',
      '',
      '--batchresponse',
      'Content-Type: application/http',
      'Content-Transfer-Encoding: binary',
      '',
      'HTTP/1.1 200 OK',
      expect.stringContaining('Content-Type: application/json; odata.metadata=minimal'),
      'OData-Version: 4.0',
      expect.stringMatching(/^ETag: W\/"\d+"$/),
      '',
      `{"@odata.context":"${ROOT}$metadata#accounts(name)/$entity","@odata.etag":"W/etag","name":"A1","accountid":"${ID(1)}"}`,
      '--batchresponse',
      'Content-Type: application/http',
      'Content-Transfer-Encoding: binary',
      '',
      'HTTP/1.1 204 No Content',
      'OData-Version: 4.0',
      '',
      '',
      '--batchresponse--',
      '',
    ])
  })

  test('stop at the first failure, whose status the batch takes; what was done stays', () => {
    const api = testApi()
    const answer = send(api, [
      part('POST accounts', account(1)),
      part('POST tasks', TASK_TOO_LONG),
      part('POST accounts', account(2)),
    ])
    expect(answer.status).toBe(400)
    expect(normal(answer).split('HTTP/1.1 ').slice(1)).toEqual([
      expect.stringMatching(/^204 No Content\r\n/),
      expect.stringMatching(
        /^400 Bad Request\r\nREQ_ID: id\r\nContent-Type: application\/json; odata.metadata=minimal\r\nOData-Version: 4.0\r\n\r\n\{"error":\{"code":"0x80044331",.*\}\r\n--batchresponse--\r\n$/,
      ),
    ])
    expect(api.store.table('account').size).toBe(1)
  })

  test('go on where the batch prefers it', () => {
    const api = testApi()
    const answer = send(api, [part('POST tasks', TASK_TOO_LONG), part('POST accounts', account(2))], {
      prefer: 'odata.continue-on-error',
    })
    expect(answer.status).toBe(200)
    expect(normal(answer).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400', 'HTTP/1.1 204'])
    expect(api.row('account').name).toBe('A2')
  })
})

describe('a change set', () => {
  test('refers to its earlier parts in URLs and bodies', () => {
    const api = testApi()
    const answer = send(api, [
      changeSet(
        part('POST /api/data/v9.2/contacts', '{"lastname":"AAA"}', 1),
        part('PUT $1/lastname', '{"value":"BBB"}', 2),
        part('POST accounts', account(1, ',"primarycontactid@odata.bind":"$1"'), 3),
        part('PATCH $3', '{"telephone1":"5"}', 4),
        part('POST accounts', account(2), 'last'),
        part('PUT $last/primarycontactid/$ref', '{"@odata.id":"$1"}', 6),
      ),
    ])
    expect(answer.status).toBe(200)
    const { contactid, lastname } = api.row('contact')
    expect(lastname).toBe('BBB')
    expect(api.row('account', ID(1))).toMatchObject({ telephone1: '5', primarycontactid: contactid })
    expect(api.row('account', ID(2)).primarycontactid).toBe(contactid)
    const text = normal(answer)
    expect(
      text.startsWith('--batchresponse\r\nContent-Type: multipart/mixed; boundary=changesetresponse\r\n\r\n'),
    ).toBe(true)
    expect(text.match(/Content-ID: \w+/g)).toEqual([1, 2, 3, 4, 'last', 6].map((id) => `Content-ID: ${id}`))
    expect(text.endsWith('\r\n--changesetresponse--\r\n--batchresponse--\r\n')).toBe(true)
  })

  test('refers to a part that answered with its row', () => {
    const api = testApi()
    const preferring = part('POST accounts', account(1), 1).replace(
      'HTTP/1.1\r\n',
      'HTTP/1.1\r\nPrefer: return=representation\r\n',
    )
    const tasks = part('POST tasks', '{"regardingobjectid_account_task@odata.bind":"$1"}', 2)
    expect(send(api, [changeSet(preferring, tasks)]).status).toBe(200)
    expect(api.row('task').regardingobjectid).toBe(ID(1))
  })

  test('is undone as a whole and answers the failure once', () => {
    const api = testApi()
    const set = changeSet(part('POST accounts', account(1), 1), part('POST tasks', TASK_TOO_LONG, 2))
    const answer = send(api, [set, part('POST accounts', account(2))], { prefer: 'odata.continue-on-error' })
    expect(answer.status).toBe(200)
    expect(normal(answer).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400', 'HTTP/1.1 204'])
    expect(api.row('account').name).toBe('A2')
    expect(send(api, [set]).status).toBe(400)
  })

  test('keeps what it wrote to an elastic table', () => {
    const api = testApi()
    const set = changeSet(
      part('POST contoso_sensordatas', '{"contoso_value":1}', 1),
      part('POST accounts', account(1), 2),
      part('POST tasks', TASK_TOO_LONG, 3),
    )
    expect(send(api, [set]).status).toBe(400)
    expect(api.row('contoso_sensordata').contoso_value).toBe(1)
    expect(api.store.table('account').size).toBe(0)
  })

  test('knows no part that comes later, nor one of another change set', () => {
    const api = testApi()
    const bind = '{"name":"A","primarycontactid@odata.bind":"$1"}'
    const later = changeSet(part('POST accounts', bind, 2), part('POST contacts', '{"lastname":"A"}', 1))
    expect(send(api, [later]).status).toBe(400)
    expect(textIn(send(api, [later]))).toContain(
      "Content-ID Reference: '$1' does not exist in the batch context.",
    )
    const first = changeSet(part('POST contacts', '{"lastname":"A"}', 1))
    expect(send(api, [first, changeSet(part('PATCH $1', '{}', 1))]).status).toBe(400)
  })
})

describe('a batch that is refused as a whole', () => {
  const refused = (parts: readonly string[], headers?: Asked['headers']) => {
    const api = testApi()
    const answer = send(api, parts, headers)
    expect(api.store.table('account').size).toBe(0)
    return answer
  }
  const good = part('POST accounts', account(1))

  test('no Content-ID, the same one twice, or a GET in a change set', () => {
    const sets = [
      changeSet(good),
      changeSet(part('POST accounts', account(1), 1), part('POST accounts', account(2), 1)),
      changeSet(part('GET accounts', undefined, 1)),
    ]
    for (const set of sets) expect(refused([good, set])).toMatchObject({ status: 400, code: '0x80060888' })
    expect(refused([changeSet(good)]).message).toMatch(/^Content-ID header not present/)
  })

  test('a batch inside, more than 1000 requests, no end, no boundary', () => {
    expect(refused([part('POST /api/data/v9.2/$batch', '')]).status).toBe(400)
    expect(refused(Array.from({ length: 1001 }, () => good)).message).toContain("'1000'")
    const api = testApi()
    const multipart = { 'content-type': 'multipart/mixed; boundary=batch_1' }
    expect(api.ask('POST', '$batch', { headers: multipart, body: `--batch_1\r\n${good}` }).status).toBe(400)
    expect(refused([good], { 'content-type': 'application/json' }).status).toBe(400)
  })

  test('a GET whose blank line is missing', () => {
    const bare = `${HTTP}\r\nGET accounts HTTP/1.1\r\n`
    expect(refused([bare]).message).toContain('blank line')
  })
})

test('LF line ends, text before the first boundary and UTF-8 are read as they are', () => {
  const api = testApi()
  const body = `ignored\n--b\nContent-Type: application/http\n\nPOST /api/data/v9.0/accounts HTTP/1.1\nContent-Type: application/json;type=entry\n\n{"name":"Zoë 日本"}\n--b\nContent-Type: application/http\n\nGET /api/data/v9.2/accounts?$select=name HTTP/1.1\nAccept: application/json\n\n--b--`
  const answer = api.ask('POST', '$batch', {
    body,
    headers: { 'content-type': 'multipart/mixed;boundary=b' },
  })
  expect(answer.status).toBe(200)
  expect(api.row('account').name).toBe('Zoë 日本')
  expect(textIn(answer)).toContain('"name":"Zoë 日本"')
})
