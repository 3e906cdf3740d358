import { parse, stringify } from 'lossless-json'
import { dataverse } from '../capabilities/dataverse.ts'
import type { Catalog, Column, Table } from '../catalog/table.ts'
import { manualClock } from '../core/clock.ts'
import { D365Error, ServiceError } from '../core/errors.ts'
import type { Session, SessionRequest, SessionResponse } from '../service/session.ts'
import type { WriteEnvironment } from './environment.ts'
import type { SendBatch } from './send/transport.ts'

/** A service that keeps rows in memory and answers as the documentation says, with faults on demand. */
export interface FakeService {
  readonly environment: WriteEnvironment
  /** Every request in the order it was carried out, batches unpacked. */
  readonly requests: SessionRequest[]
  /** Requests per trip over the wire. */
  readonly trips: number[]
  /** Rows by table and id. */
  readonly rows: Map<string, Map<string, Record<string, unknown>>>
  readonly clock: ReturnType<typeof manualClock>
  /** Bulk messages that tables take, as metadata tells. Default: none. */
  readonly messages: Set<string>
  /** Asked before each trip is carried out; may throw in its place. */
  beforeTrip: (requests: readonly SessionRequest[]) => void | Promise<void>
  /** Asked after each trip; throwing loses the answer. */
  afterTrip: (requests: readonly SessionRequest[]) => void | Promise<void>
  /** An answer in place of the ordinary one. */
  instead: (request: SessionRequest) => SessionResponse | undefined
}

const text = (name: string, more: Partial<Column> = {}): Column => ({
  name,
  label: name,
  type: 'string',
  serviceType: 'StringType',
  property: name,
  required: false,
  creatable: true,
  updatable: true,
  readable: true,
  ...more,
})

const id = (name: string): Column =>
  text(name, { type: 'guid', serviceType: 'UniqueidentifierType', updatable: false })

const lookup = (
  name: string,
  targets: readonly (readonly [string, string])[],
  serviceType = 'LookupType',
): Column =>
  text(name, {
    type: 'lookup',
    serviceType,
    property: `_${name}_value`,
    targets: targets.map(([table, navigation]) => ({ table, navigation })),
  })

function table(name: string, entitySet: string, facts: Partial<Table>): Table {
  return {
    name,
    label: name,
    pluralLabel: entitySet,
    entitySet,
    primaryKey: `${name}id`,
    primaryName: 'name',
    kind: 'standard',
    custom: false,
    columns: [],
    keys: [],
    relationships: [],
    changeTracking: true,
    optimisticConcurrency: true,
    ...facts,
  }
}

export const account = table('account', 'accounts', {
  keys: [
    { name: 'number', columns: ['accountnumber'] },
    { name: 'number_city', columns: ['accountnumber', 'new_city'] },
  ],
  columns: [
    id('accountid'),
    text('name', { maxLength: 20 }),
    text('accountnumber', { maxLength: 20 }),
    text('new_city'),
    text('new_required', { updatable: true }),
    text('revenue', {
      type: 'money',
      serviceType: 'MoneyType',
      min: '-1000000000000000',
      max: '922337203685477.5807',
      precision: 4,
    }),
    text('new_rate', { type: 'decimal', serviceType: 'DecimalType', min: '0', max: '100', precision: 2 }),
    text('numberofemployees', { type: 'integer', serviceType: 'IntegerType', min: '0', max: '1000' }),
    text('new_big', { type: 'bigint', serviceType: 'BigIntType' }),
    text('donotemail', {
      type: 'boolean',
      serviceType: 'BooleanType',
      choices: [
        { value: 0, label: 'Allow' },
        { value: 1, label: 'Do Not Allow' },
      ],
    }),
    text('statuscode', {
      type: 'choice',
      serviceType: 'StatusType',
      choices: [
        { value: 1, label: 'Active' },
        { value: 2, label: 'Inactive' },
        { value: 3, label: 'Twin' },
        { value: 4, label: 'twin' },
      ],
    }),
    text('new_hobbies', {
      type: 'choices',
      serviceType: 'MultiSelectPicklistType',
      choices: [
        { value: 1, label: 'Hiking' },
        { value: 2, label: 'Chess; Go' },
        { value: 9, label: 'Ski' },
      ],
    }),
    text('new_founded', { type: 'date', serviceType: 'DateTimeType' }),
    text('new_call', { type: 'datetime', serviceType: 'DateTimeType' }),
    text('new_wall', { type: 'datetime', serviceType: 'DateTimeType', timeZoneIndependent: true }),
    text('createdon', { type: 'datetime', serviceType: 'DateTimeType', creatable: false, updatable: false }),
    lookup('primarycontactid', [['contact', 'primarycontactid']]),
    lookup(
      'new_partnerid',
      [
        ['account', 'new_PartnerId_account'],
        ['contact', 'new_PartnerId_contact'],
      ],
      'CustomerType',
    ),
    lookup(
      'ownerid',
      [
        ['systemuser', 'ownerid'],
        ['team', 'ownerid'],
      ],
      'OwnerType',
    ),
  ],
})

export const contact = table('contact', 'contacts', {
  primaryName: 'fullname',
  keys: [{ name: 'mail', columns: ['emailaddress1'] }],
  columns: [id('contactid'), text('fullname'), text('emailaddress1')],
})
const systemuser = table('systemuser', 'systemusers', { columns: [id('systemuserid'), text('name')] })
const team = table('team', 'teams', { columns: [id('teamid'), text('name')] })
const TABLES = [account, contact, systemuser, team]

export const catalog: Catalog = {
  tables: async () => TABLES,
  table: async (name) => {
    const found = TABLES.find((candidate) => candidate.name === name)
    if (!found) throw new D365Error('NOT_FOUND', `No table ${name}.`)
    return found
  },
}

export function fakeService(): FakeService {
  const clock = manualClock()
  const rows = new Map(TABLES.map(({ entitySet }) => [entitySet, new Map<string, Record<string, unknown>>()]))
  const service: FakeService = {
    requests: [],
    trips: [],
    rows,
    clock,
    messages: new Set(),
    beforeTrip: () => {},
    afterTrip: () => {},
    instead: () => undefined,
    environment: {
      session: {
        capabilities: dataverse,
        root: 'https://contoso.crm.dynamics.com/api/data/v9.2/',
        headers: {},
        limits: () => ({
          remainingRequests: undefined,
          remainingExecutionMs: undefined,
          recommendedParallelism: undefined,
        }),
        close: async () => {},
        request: (request) => single(request),
      } satisfies Session,
      catalog,
      clock,
      random: () => 0.5,
      sendBatch: (requests, options) => trip(requests, options),
    },
  }

  const trip: SendBatch = async (requests, { signal }) => {
    signal?.throwIfAborted()
    await service.beforeTrip(requests)
    service.trips.push(requests.length)
    const answers = requests.map((request) => {
      service.requests.push(request)
      return service.instead(request) ?? supportAnswer(request, service) ?? carryOut(request, rows)
    })
    await service.afterTrip(requests)
    return answers
  }

  async function single(request: SessionRequest): Promise<SessionResponse> {
    const answer = await patiently(request)
    if (answer.status < 400) return answer
    const { error } = JSON.parse(new TextDecoder().decode(answer.body))
    throw new ServiceError(answer.status === 429 ? 'THROTTLED' : 'REQUEST_REFUSED', error.message, {
      status: answer.status,
      serviceCode: error.code,
    })
  }

  /** Tries a busy service again, as a session does. */
  async function patiently(request: SessionRequest): Promise<SessionResponse> {
    for (let left = 5; ; left--) {
      const [answer] = await trip([request], { repeatable: false, signal: request.signal })
      if (!answer) throw new D365Error('BUG', 'no answer')
      if (left === 0 || (answer.status !== 429 && answer.status !== 503)) return answer
    }
  }
  return service
}

export function answer(
  status: number,
  body?: unknown,
  headers: Record<string, string> = {},
): SessionResponse {
  return { status, headers, body: new TextEncoder().encode(body === undefined ? '' : JSON.stringify(body)) }
}

export function refusal(status: number, code: string, message: string, headers = {}): SessionResponse {
  return answer(status, { error: { code, message } }, headers)
}

function supportAnswer({ path }: SessionRequest, { messages }: FakeService): SessionResponse | undefined {
  const asked = /^sdkmessagefilters\?.*@message='(\w+)'/.exec(path)?.[1]
  if (asked === undefined) return undefined
  return answer(200, { value: messages.has(asked) ? [{ sdkmessagefilterid: 'f' }] : [] })
}

type Rows = Map<string, Map<string, Record<string, unknown>>>

function carryOut(request: SessionRequest, all: Rows): SessionResponse {
  const bulk = /^(\w+)\/Microsoft\.Dynamics\.CRM\.(Create|Update|Upsert)Multiple$/.exec(request.path)
  if (bulk?.[1] && bulk[2]) return carryOutAll(request, { set: bulk[1], kind: bulk[2] }, all)
  const [, set = '', key] = /^(\w+)(?:\(([^)]*)\))?/.exec(request.path) ?? []
  const rows = all.get(set) ?? new Map<string, Record<string, unknown>>()
  const idColumn = TABLES.find(({ entitySet }) => entitySet === set)?.primaryKey ?? ''
  const body = bodyOf(request)
  if (request.method === 'POST') return create(rows, String(body[idColumn]), { body, idColumn })
  if (key === undefined) return answer(200, { value: filtered(rows, request.path) })
  const wanted = keyValues(key, idColumn)
  const found = [...rows.values()].find((row) =>
    Object.entries(wanted).every(
      ([name, value]) => String(row[name] ?? '').toLowerCase() === value.toLowerCase(),
    ),
  )
  if (request.method === 'GET') return found ? answer(200, found) : missing()
  if (request.method === 'DELETE') {
    if (!found) return missing()
    rows.delete(String(found[idColumn]))
    return answer(204)
  }
  if (!found && request.headers?.['If-Match'] === '*') return missing()
  const refused = refuse(body)
  if (refused) return refused
  const row = found ?? { [idColumn]: wanted[idColumn] ?? `made-for-${key}`, ...wanted }
  Object.assign(row, body, { writes: Number(row.writes ?? 0) + 1 })
  rows.set(String(row[idColumn]), row)
  if (request.headers?.Prefer !== 'return=representation') return answer(204)
  return answer(found ? 200 : 201, { [idColumn]: row[idColumn] })
}

/** One transaction: the first refusal undoes everything. */
function carryOutAll(
  request: SessionRequest,
  { set, kind }: { set: string; kind: string },
  all: Rows,
): SessionResponse {
  const before = new Map([...(all.get(set) ?? [])].map(([rowId, row]) => [rowId, { ...row }]))
  const idColumn = TABLES.find(({ entitySet }) => entitySet === set)?.primaryKey ?? ''
  const { Targets: targets } = bodyOf(request)
  const ids: unknown[] = []
  for (const target of Array.isArray(targets) ? targets : []) {
    const { '@odata.type': _type, '@odata.id': url, ...body } = target
    const { [idColumn]: rowId, ...values } = body
    const done = carryOut(
      kind === 'Create'
        ? { method: 'POST', path: set, body: stringify(body) ?? '' }
        : {
            method: 'PATCH',
            path: url ?? `${set}(${rowId})`,
            body: stringify(values) ?? '',
            headers: kind === 'Update' ? { 'If-Match': '*' } : {},
          },
      all,
    )
    if (done.status >= 400) {
      all.set(set, before)
      return done
    }
    ids.push(rowId)
  }
  return kind === 'Create' ? answer(200, { Ids: ids }) : answer(204)
}

function create(
  rows: Map<string, Record<string, unknown>>,
  rowId: string,
  { body, idColumn }: { body: Record<string, unknown>; idColumn: string },
): SessionResponse {
  const refused = refuse(body)
  if (refused) return refused
  if (rows.has(rowId)) return refusal(412, '0x80040237', 'A record with matching key values already exists.')
  const { accountnumber } = body
  if (accountnumber !== undefined && [...rows.values()].some((row) => row.accountnumber === accountnumber))
    return refusal(412, '0x80060892', 'Entity Key violated.')
  rows.set(rowId, { ...body, [idColumn]: rowId, writes: 1 })
  return answer(204)
}

function refuse({ name }: Record<string, unknown>): SessionResponse | undefined {
  if (typeof name !== 'string' || !name.startsWith('refuse')) return undefined
  return refusal(400, '0x80040265', `The plug-in says no to ${name}, see the 'name' attribute.`)
}

function missing(): SessionResponse {
  return refusal(404, '0x80040217', 'account With Id = x Does Not Exist')
}

function bodyOf({ body }: SessionRequest): Record<string, unknown> {
  if (typeof body !== 'string') return {}
  const value = parse(body, undefined, (digits) => digits)
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function keyValues(key: string, idColumn: string): Record<string, string> {
  if (!key.includes('=')) return { [idColumn]: key }
  return Object.fromEntries(
    key.split(',').map((part) => {
      const [name = '', value = ''] = part.split('=')
      return [name, decodeURIComponent(value).replace(/^'|'$/g, '').replaceAll("''", "'")]
    }),
  )
}

function filtered(rows: Map<string, Record<string, unknown>>, path: string): Record<string, unknown>[] {
  const [, name = '', value = ''] = /\$filter=(\w+)%20eq%20'([^&]*)'/.exec(decodeFilter(path)) ?? []
  return [...rows.values()].filter((row) => String(row[name] ?? '').toLowerCase() === value.toLowerCase())
}

function decodeFilter(path: string): string {
  return path.replaceAll('%27', "'")
}
