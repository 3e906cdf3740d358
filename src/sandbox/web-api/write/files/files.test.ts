import { describe, expect, test } from 'vitest'
import type { ApiResponse } from '../../operation.ts'
import { jsonIn, ROOT, testApi } from '../write.test-support.ts'
import { fileDownload } from './file-download.ts'
import { CHUNK_BYTES } from './file-limits.ts'

const BYTES = { 'content-type': 'application/octet-stream' }

function setting() {
  const api = testApi()
  const id = api.make('accounts', { name: 'A' })
  const column = api.store.schema.column('account', 'sample_filecolumn')
  const table = api.store.schema.table('account')
  if (!column || !table) throw new Error('no file column')
  const download = (headers: Readonly<Record<string, string>> = {}): ApiResponse =>
    fileDownload({ table, row: api.row('account'), column }, { headers: new Headers(headers) }, api)
  return { ...api, id, path: `accounts(${id})/sample_filecolumn`, download }
}

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index % 251)
}

describe('one request', () => {
  test('stores a file under its header name, which comes back with it', () => {
    const { ask, path, download } = setting()
    const headers = { ...BYTES, 'x-ms-file-name': 'a.txt' }
    const query = 'x-ms-file-name=other.pdf'
    expect(ask('PATCH', path, { headers, query, body: pattern(5) })).toMatchObject({ status: 204 })
    expect(download()).toEqual({
      status: 200,
      headers: {
        'Content-Type': 'application/octet-stream',
        'x-ms-file-size': '5',
        'x-ms-file-name': 'a.txt',
        mimetype: 'text/plain',
        'Access-Control-Expose-Headers': 'x-ms-file-size; x-ms-file-name; mimetype',
      },
      body: pattern(5),
    })
  })

  test('needs a name', () => {
    const { ask, path } = setting()
    expect(ask('PATCH', path, { headers: BYTES, body: pattern(5) }).status).toBe(400)
  })

  test('a range answers that part of it', () => {
    const { ask, path, download } = setting()
    ask('PATCH', path, { headers: { ...BYTES, 'x-ms-file-name': 'a.pdf' }, body: pattern(10) })
    expect(download({ range: 'bytes=2-5' })).toMatchObject({
      status: 206,
      headers: { 'x-ms-chunk-size': '4194304', 'Content-Range': 'bytes 2-5/10', 'x-ms-file-size': '10' },
      body: pattern(10).subarray(2, 6),
    })
    expect(download({ range: 'bytes=8-99' }).body).toEqual(pattern(10).subarray(8))
    expect(() => download({ range: 'bytes=10-' })).toThrow('begins at 10 of 10')
  })

  test('DELETE empties the column', () => {
    const { ask, path, download, row } = setting()
    ask('PATCH', path, { headers: { ...BYTES, 'x-ms-file-name': 'a.pdf' }, body: pattern(10) })
    expect(ask('DELETE', path)).toMatchObject({ status: 204 })
    expect(row('account').sample_filecolumn).toBeUndefined()
    expect(download().status).toBe(204)
  })
})

describe('chunks', () => {
  test('end with the last byte; the token has an older name too', () => {
    const { ask, path, download } = setting()
    const file = pattern(CHUNK_BYTES + 3)
    const start = ask('PATCH', path, {
      query: 'x-ms-file-name=25mb.pdf',
      headers: { 'x-ms-transfer-mode': 'chunked' },
    })
    expect(start).toMatchObject({
      status: 200,
      body: undefined,
      headers: { 'x-ms-chunk-size': '4194304', 'Accept-Ranges': 'bytes' },
    })
    const [location = '', parameters = ''] = start.headers.Location?.split('?') ?? []
    let query = parameters
    expect(location).toBe(`${ROOT}${path}`)
    const chunk = (from: number, to: number) =>
      ask('PATCH', path, {
        query,
        headers: { ...BYTES, 'content-range': `bytes ${from}-${to - 1}/${file.length}` },
        body: file.subarray(from, to),
      }).status
    expect(chunk(5, 10)).toBe(400)
    expect(chunk(0, CHUNK_BYTES)).toBe(206)
    query = query.replace('sessiontoken', 'FileContinuationToken')
    expect(chunk(CHUNK_BYTES, file.length)).toBe(204)
    expect(download().headers).toMatchObject({
      'x-ms-file-size': String(file.length),
      'x-ms-file-name': '25mb.pdf',
    })
    expect(Buffer.compare(Buffer.from(download().body ?? ''), file)).toBe(0)
    expect(chunk(0, 1)).toBe(400)
  })
})

describe('messages', () => {
  test('upload blocks in the order of the list, and download them', () => {
    const { ask, id, row } = setting()
    const Target = { accountid: id, '@odata.type': 'Microsoft.Dynamics.CRM.account' }
    const post = (name: string, body: object) => ask('POST', name, { body })
    const begun = jsonIn(
      post('InitializeFileBlocksUpload', {
        Target,
        FileName: 'x.txt',
        FileAttributeName: 'sample_filecolumn',
      }),
    )
    expect(begun['@odata.context']).toBe(
      `${ROOT}$metadata#Microsoft.Dynamics.CRM.InitializeFileBlocksUploadResponse`,
    )
    const { FileContinuationToken } = begun
    const block = (blockId: string, text: string) =>
      post('UploadBlock', { BlockId: btoa(blockId), BlockData: btoa(text), FileContinuationToken }).status
    expect([block('2', 'world'), block('1', 'hello '), block('333', '!')]).toEqual([204, 204, 400])
    const committed = jsonIn(
      post('CommitFileBlocksUpload', {
        FileName: 'y.txt',
        MimeType: 'text/plain',
        BlockList: [btoa('1'), btoa('2')],
        FileContinuationToken,
      }),
    )
    expect(committed).toMatchObject({ FileId: row('account').sample_filecolumn, FileSizeInBytes: 11 })
    const download = jsonIn(
      post('InitializeFileBlocksDownload', { Target, FileAttributeName: 'sample_filecolumn' }),
    )
    expect(download).toMatchObject({ FileSizeInBytes: 11, FileName: 'y.txt', IsChunkingSupported: true })
    const data = jsonIn(
      post('DownloadBlock', {
        Offset: 6,
        BlockLength: 100,
        FileContinuationToken: download.FileContinuationToken,
      }),
    )
    expect(data.Data).toBe(btoa('world'))
    expect(post('DeleteFile', { FileId: committed.FileId }).status).toBe(204)
    expect(post('DeleteFile', { FileId: committed.FileId }).status).toBe(404)
  })
})

describe('images', () => {
  const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47]).toString('base64')

  test('come as base64 inside a row: on create only the primary one', () => {
    const { ask, make, row, store } = testApi()
    const id = make('accounts', { name: 'A', entityimage: PNG, myentityimage: PNG })
    const stored = store.files.get(String(row('account').entityimage))
    expect(stored).toMatchObject({ mimeType: 'image/png', bytes: new Uint8Array([0x89, 0x50, 0x4e, 0x47]) })
    expect(row('account').myentityimage).toBeUndefined()
    ask('PATCH', `accounts(${id})`, { body: { myentityimage: PNG, entityimage: null } })
    expect(store.files.has(String(row('account').myentityimage))).toBe(true)
    expect(row('account').entityimage).toBeUndefined()
  })

  test('that are not base64 are refused', () => {
    const answer = testApi().ask('POST', 'accounts', { body: { name: 'A', entityimage: 'no image' } })
    expect(answer).toMatchObject({ status: 400, code: '0x80072553' })
  })
})

test('a file larger than its column takes is refused', () => {
  const { ask, path } = setting()
  const answer = ask('PATCH', path, {
    query: 'x-ms-file-name=a.pdf',
    headers: { 'x-ms-transfer-mode': 'chunked' },
  })
  const query = answer.headers.Location?.split('?')[1] ?? ''
  const total = 131_072 * 1024 + 1
  expect(
    ask('PATCH', path, {
      query,
      headers: { ...BYTES, 'content-range': `bytes 0-0/${total}` },
      body: pattern(1),
    }),
  ).toMatchObject({ status: 400, code: '0x80044a02', message: 'Attachment file size is too big.' })
})
