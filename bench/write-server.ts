import { createServer } from 'node:http'
import { systemClock } from '../src/core/clock.ts'
import { type LimitedService, limitedService } from './limited-service.ts'
import { SHORT_LIMITS } from './write-model.ts'

/**
 * The model of the service behind a port, in real time and in a process of its own; argument: `limited` or `timeless`.
 * Prints its port. `POST /seen` answers what it has seen and begins anew. Ends with its parent.
 */

const timeless = process.argv[2] === 'timeless'
const start = (): LimitedService =>
  limitedService(systemClock, {
    limits: timeless
      ? { requests: Number.MAX_SAFE_INTEGER, executionMs: Number.MAX_SAFE_INTEGER }
      : SHORT_LIMITS,
    hint: 16,
    tells: !timeless,
    timeless,
  })
let service = start()

const server = createServer(async (request, response) => {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) if (chunk instanceof Uint8Array) chunks.push(chunk)
  if (request.url === '/seen') {
    response.end(JSON.stringify(service.seen()))
    service = start()
    return
  }
  const body = Buffer.concat(chunks).toString('utf8')
  const http = service.http(request.headers.authorization ?? '')
  const answer = await http({ method: 'POST', url: request.url ?? '/', body })
  response.writeHead(answer.status, answer.headers)
  response.end(answer.body)
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`${typeof address === 'object' && address ? address.port : ''}\n`)
})
process.stdin.on('end', () => process.exit(0))
process.stdin.resume()
