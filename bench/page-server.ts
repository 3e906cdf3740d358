import { createServer } from 'node:http'
import { gunzipSync, gzipSync } from 'node:zlib'
import { ROWS_PER_PAGE } from './rows.ts'

/** Static pages of 5,000 rows × 20 columns, made once and served from memory, packed, in a process of its own. */

const DISTINCT_PAGES = 8

const WORDS = ['Contoso', 'Fabrikam', 'Litware', 'Northwind', 'Tailspin', 'Wingtip', 'Proseware', 'Adventure']

function row(number: number): string {
  const hex = number.toString(16).padStart(12, '0')
  const word = WORDS[number % WORDS.length]
  const day = String((number % 28) + 1).padStart(2, '0')
  return `{"@odata.etag":"W/\\"${1_000_000 + number}\\"","accountid":"aaaa0000-0000-4000-8000-${hex}","name":"${word} ${number}","accountnumber":"AC-${number}","telephone1":"555-${number % 10_000}","emailaddress1":"info${number}@example.com","websiteurl":"https://www.example.com/${number}","address1_line1":"${number % 200} Main Street","address1_city":"Redmond","address1_stateorprovince":"WA","address1_postalcode":"98052","address1_country":"USA","revenue":${(number * 7919) % 10_000_000}.${String(number % 100).padStart(2, '0')}00,"numberofemployees":${number % 9000},"industrycode":${number % 33},"statecode":0,"statuscode":1,"createdon":"2025-03-${day}T09:00:00Z","modifiedon":"2025-06-${day}T10:30:00Z","_primarycontactid_value":"cccc0000-0000-4000-8000-${hex}","_ownerid_value":"d0000000-0000-4000-8000-000000000001"}`
}

/** With the labels that the service adds where it is asked for them: two and a half times the bytes. */
function annotated(number: number): string {
  const labelled = row(number)
    .replace(/"revenue":([\d.]+)/, '"revenue@OData.Community.Display.V1.FormattedValue":"$$$1",$&')
    .replace(
      /"(numberofemployees|industrycode|statecode|statuscode)":(\d+)/g,
      '"$1@OData.Community.Display.V1.FormattedValue":"Label $2",$&',
    )
    .replace(
      /"(createdon|modifiedon)":"([^"]+)"/g,
      '"$1@OData.Community.Display.V1.FormattedValue":"$2 as shown",$&',
    )
  return labelled.replace(
    /"(_primarycontactid_value|_ownerid_value)":/g,
    `"$1@OData.Community.Display.V1.FormattedValue":"Person ${number}","$1@Microsoft.Dynamics.CRM.associatednavigationproperty":"navigation","$1@Microsoft.Dynamics.CRM.lookuplogicalname":"systemuser",$&`,
  )
}

function makePages(origin: string, { pages, print }: Wanted): Buffer[] {
  const bodyOf = (page: number): string =>
    Array.from({ length: ROWS_PER_PAGE }, (_, index) => print(page * ROWS_PER_PAGE + index)).join(',')
  const bodies = Array.from({ length: DISTINCT_PAGES }, (_, page) => bodyOf(page))
  return Array.from({ length: pages }, (_, page) => {
    const link =
      page + 1 < pages ? `,"@odata.nextLink":"${origin}/api/data/v9.2/accounts?page=${page + 1}"` : ''
    return gzipSync(
      `{"@odata.context":"${origin}/api/data/v9.2/$metadata#accounts","value":[${bodies[page % DISTINCT_PAGES]}]${link}}`,
      { level: pages > MANY_PAGES ? 1 : 4 },
    )
  })
}

interface Wanted {
  readonly pages: number
  readonly print: (row: number) => string
}

/** Beyond it, packing well takes longer than the benchmark. */
const MANY_PAGES = 200

/** Arguments: latency in ms, number of pages, `annotated`. Prints its port, and ends with its parent. */
function start(): void {
  const latencyMs = Number(process.argv[2] ?? 0)
  const count = Number(process.argv[3] ?? 20)
  const print = process.argv[4] === 'annotated' ? annotated : row
  let pages: readonly Buffer[] = []
  const server = createServer((request, response) => {
    const number = Number(/[?&]page=(\d+)/.exec(request.url ?? '')?.[1] ?? 0)
    const page = pages[number]
    const zipped = /gzip/.test(request.headers['accept-encoding'] ?? '')
    const answer = () => {
      response.writeHead(200, {
        'content-type': 'application/json; odata.metadata=minimal',
        'odata-version': '4.0',
        ...(zipped ? { 'content-encoding': 'gzip' } : {}),
      })
      response.end(zipped || !page ? page : gunzipSync(page))
    }
    if (latencyMs > 0) setTimeout(answer, latencyMs)
    else answer()
  })
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    pages = makePages(`http://127.0.0.1:${port}`, { pages: count, print })
    process.stdout.write(`${port}\n`)
  })
  process.stdin.resume().on('end', () => process.exit(0))
}

start()
