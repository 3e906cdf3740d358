import { createServer } from 'node:http'
import { gzipSync } from 'node:zlib'
import { COLUMNS_PER_TABLE, TABLES } from './metadata-size.ts'

/** Metadata of a large environment, made on request, in a process of its own. Prints its port, ends with its parent. */

const label = (text: string) => ({
  LocalizedLabels: [1033, 1031, 1036].map((LanguageCode) => ({
    Label: text,
    LanguageCode,
    IsManaged: true,
    MetadataId: '0d2f1a3c-0000-4000-8000-000000000000',
    HasChanged: null,
  })),
  UserLocalizedLabel: {
    Label: text,
    LanguageCode: 1033,
    IsManaged: true,
    MetadataId: '0d2f1a3c-0000-4000-8000-000000000000',
    HasChanged: null,
  },
})

const table = (number: number) => ({
  MetadataId: `0d2f1a3c-0000-4000-8000-${String(number).padStart(12, '0')}`,
  LogicalName: `new_table${number}`,
  EntitySetName: `new_table${number}s`,
  DisplayName: label(`Table ${number}`),
  DisplayCollectionName: label(`Tables ${number}`),
  PrimaryIdAttribute: `new_table${number}id`,
  PrimaryNameAttribute: 'new_name',
  TableType: 'Standard',
  IsActivity: false,
  IsIntersect: false,
  IsCustomEntity: true,
  Keys: [],
  ManyToOneRelationships: [],
  OneToManyRelationships: [],
  ManyToManyRelationships: [],
})

const attribute = (number: number) => ({
  LogicalName: `new_column${number}`,
  AttributeOf: null,
  AttributeTypeName: { Value: 'StringType' },
  DisplayName: label(`Column ${number}`),
  RequiredLevel: { Value: 'None', CanBeChanged: true, ManagedPropertyLogicalName: 'x' },
  IsValidForCreate: true,
  IsValidForUpdate: true,
  IsValidForRead: true,
  IsValidODataAttribute: true,
})

const sequence = <T>(count: number, make: (number: number) => T): T[] =>
  Array.from({ length: count }, (_, number) => make(number))

function answerTo(path: string): unknown {
  if (/AttributeMetadata/.test(path)) return { value: [] }
  if (/\/Attributes/.test(path)) return { value: sequence(COLUMNS_PER_TABLE, attribute) }
  const name = /LogicalName='new_table(\d+)'/.exec(path)?.[1]
  return name === undefined ? { value: sequence(TABLES, table) } : table(Number(name))
}

function batchAnswer(body: string): string {
  const parts = [...body.matchAll(/^GET (\S+) HTTP\/1\.1/gm)].map(
    ([, path = '']) =>
      `--r\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 200 OK\r\n\r\n${JSON.stringify(answerTo(path))}\r\n`,
  )
  return `${parts.join('')}--r--\r\n`
}

const server = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  const path = request.url ?? ''
  const batch = path.endsWith('$batch')
  response.writeHead(200, {
    'content-type': batch ? 'multipart/mixed; boundary=r' : 'application/json',
    'content-encoding': 'gzip',
  })
  response.end(gzipSync(batch ? batchAnswer(body) : JSON.stringify(answerTo(path))))
})

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`${typeof address === 'object' && address ? address.port : 0}\n`)
})
process.stdin.resume().on('end', () => process.exit(0))
