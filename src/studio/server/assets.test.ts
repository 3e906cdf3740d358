import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createAssets } from './assets.ts'

function pages(): ReturnType<typeof createAssets> {
  const folder = mkdtempSync(join(tmpdir(), 'd365-test-'))
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<meta nonce="__CSP_NONCE__">')
  writeFileSync(join(folder, 'assets/index-1.js'), 'let one = 1')
  return createAssets(folder)
}

test('the page takes scripts and styles from the studio alone, with a new nonce each time', async () => {
  const assets = pages()
  const nonces = await Promise.all(
    [1, 2].map(async () => {
      const response = assets(new Request('http://127.0.0.1/'))
      const policy = response.headers.get('content-security-policy') ?? ''
      const [, nonce = ''] = /'nonce-([\w-]+)'/.exec(policy) ?? []
      expect(policy).toContain("default-src 'none'; script-src 'self';")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toContain('unsafe')
      expect(await response.text()).toBe(`<meta nonce="${nonce}">`)
      return nonce
    }),
  )
  expect(new Set(nonces).size).toBe(2)
})

test('scripts are packed for a browser that unpacks them, and kept by it', async () => {
  const assets = pages()
  const packed = assets(
    new Request('http://127.0.0.1/assets/index-1.js', { headers: { 'accept-encoding': 'gzip, br' } }),
  )
  expect(packed.headers.get('content-encoding')).toBe('gzip')
  expect(packed.headers.get('cache-control')).toContain('immutable')
  const plain = assets(new Request('http://127.0.0.1/assets/index-1.js'))
  expect(plain.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(await plain.text()).toBe('let one = 1')
})

test.each(['/../package.json', '/assets/%2e%2e%2findex.html', '/nothing.js'])('%s is not served', (path) => {
  expect(pages()(new Request(`http://127.0.0.1${path}`)).status).toBe(404)
})

test('without built pages it says how to build them', () => {
  expect(() => createAssets('/nowhere')).toThrow('The pages of the studio are not in /nowhere')
})
