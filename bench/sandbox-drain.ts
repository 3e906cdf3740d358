import { Agent, request } from 'node:http'

/** A reader that only drains: it takes the bytes of every page and looks for the next link in the last of them. */

export interface Drained {
  readonly pages: number
  readonly bytes: number
}

type Keep = (url: string, body: Buffer) => void

/** Longer than any next link of the benchmark. */
const TAIL_BYTES = 8192

/** Follows the pages from `first`; `keep`, where given, gets each of them whole. Rejects unless every page is a 200. */
export async function drain(first: string, token: string, keep?: Keep): Promise<Drained> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  let [pages, bytes] = [0, 0]
  try {
    for (let url: string | undefined = first; url !== undefined; ) {
      const page = await readPage(url, { agent, token, whole: keep !== undefined })
      keep?.(url, page.kept)
      pages++
      bytes += page.bytes
      url = /"@odata\.nextLink":"([^"]+)"/.exec(page.kept.subarray(-TAIL_BYTES).toString('utf8'))?.[1]
    }
  } finally {
    agent.destroy()
  }
  return { pages, bytes }
}

interface Reading {
  readonly agent: Agent
  readonly token: string
  /** Keep the whole page, not only its end. */
  readonly whole: boolean
}

interface Page {
  readonly bytes: number
  readonly kept: Buffer
}

function readPage(url: string, { agent, token, whole }: Reading): Promise<Page> {
  const headers = { authorization: `Bearer ${token}`, 'accept-encoding': 'identity' }
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${response.statusCode} for ${url}`))
      const chunks: Buffer[] = []
      let [bytes, kept] = [0, 0]
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        kept += chunk.length
        chunks.push(chunk)
        while (!whole && kept - (chunks[0]?.length ?? 0) >= TAIL_BYTES) kept -= chunks.shift()?.length ?? 0
      })
      response.on('end', () => resolve({ bytes, kept: Buffer.concat(chunks) }))
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end()
  })
}
