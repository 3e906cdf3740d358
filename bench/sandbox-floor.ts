import { createServer } from 'node:http'
import { drain } from './sandbox-drain.ts'

/**
 * The fastest this machine serves the sandbox's bytes: its pages, fetched once and answered from memory by a bare
 * node:http server. Arguments: first page, token. Ends with its parent.
 */

const [first = '', token = ''] = process.argv.slice(2)

const pages: { readonly path: string; readonly body: Buffer }[] = []
await drain(first, token, (url, body) =>
  pages.push({ path: new URL(url).pathname + new URL(url).search, body }),
)

const served = new Map<string, Buffer>()
const server = createServer((request, response) => {
  const body = served.get(request.url ?? '')
  response.writeHead(body ? 200 : 404, { 'content-type': 'application/json; odata.metadata=minimal' })
  response.end(body)
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  const origin = `http://localhost:${typeof address === 'object' && address ? address.port : 0}`
  for (const { path, body } of pages)
    served.set(path, Buffer.from(body.toString('utf8').replaceAll(new URL(first).origin, origin)))
  process.stdout.write(`${JSON.stringify({ origin })}\n`)
})
process.stdin.resume().on('end', () => process.exit(0))
