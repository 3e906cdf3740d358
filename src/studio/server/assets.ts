import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { gzipSync } from 'node:zlib'
import { D365Error } from '../../core/errors.ts'

/** The built pages, from memory, with the headers that keep everything foreign out of them. */
export type Assets = (request: Request) => Response

/** What Vite made, beside the compiled program; from the sources, what `npm run build` left in dist. */
const BUILT = new URL(
  import.meta.url.endsWith('.js') ? '../ui/' : '../../../dist/studio/ui/',
  import.meta.url,
)

const NONCE_MARK = '__CSP_NONCE__'

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  woff2: 'font/woff2',
}

export function createAssets(folder: string = BUILT.pathname): Assets {
  const files = readBuilt(folder)
  const page = files.get('/index.html')?.toString('utf8') ?? ''
  const packed = new Map<string, Buffer>()
  return (request) => {
    const { pathname } = new URL(request.url)
    if (pathname === '/' || pathname === '/index.html') return pageResponse(page)
    const content = files.get(pathname)
    if (content === undefined) return new Response('Not found.\n', { status: 404, headers: SAFE })
    const gzip = (request.headers.get('accept-encoding') ?? '').includes('gzip')
    const body = gzip ? (packed.get(pathname) ?? gzipSync(content)) : content
    if (gzip) packed.set(pathname, body)
    return new Response(new Uint8Array(body), {
      headers: {
        ...SAFE,
        'content-type': TYPES[pathname.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
        // Their names change with their content.
        'cache-control': 'public, max-age=31536000, immutable',
        vary: 'accept-encoding',
        ...(gzip ? { 'content-encoding': 'gzip' } : {}),
      },
    })
  }
}

/** Of every answer. */
export const SAFE: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

function pageResponse(page: string): Response {
  const nonce = randomBytes(16).toString('base64url')
  return new Response(page.replaceAll(NONCE_MARK, nonce), {
    headers: {
      ...SAFE,
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': policy(nonce),
    },
  })
}

/** Nothing from elsewhere, nothing inline but the style sheets the page itself makes. */
function policy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ')
}

function readBuilt(folder: string): ReadonlyMap<string, Buffer> {
  try {
    return new Map(
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .map((path) => [`/${relative(folder, path).split(sep).join('/')}`, readFileSync(path)]),
    )
  } catch (cause) {
    throw new D365Error('IO_FAILED', `The pages of the studio are not in ${folder}.`, {
      hint: 'In a checkout: npm run build. Otherwise install d365 again.',
      cause,
    })
  }
}
