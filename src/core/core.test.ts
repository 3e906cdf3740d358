import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { backoffMs, retryAfterMs } from './backoff.ts'
import { manualClock, systemClock } from './clock.ts'
import { compareDecimals, integerDigits, parseDecimal, scaleOf } from './decimal.ts'
import { D365Error, ERROR_CODES, toD365Error } from './errors.ts'
import { parseGuid } from './guid.ts'
import { lineLog } from './log.ts'
import { nearNames } from './near.ts'
import { redact } from './redact.ts'

describe('errors', () => {
  test('every code has its own exit code, except that nothing shares 0 or 1', () => {
    const exits = Object.values(ERROR_CODES).map(({ exitCode }) => exitCode)
    expect(new Set(exits).size).toBe(exits.length)
    expect(exits.filter((code) => code < 2)).toEqual([])
  })

  test('an abort becomes CANCELLED, anything unknown becomes BUG and keeps its cause', () => {
    expect(toD365Error(new DOMException('stop', 'AbortError')).code).toBe('CANCELLED')
    const cause = new TypeError('x is not a function')
    expect(toD365Error(cause)).toMatchObject({ code: 'BUG', cause })
    const own = new D365Error('NOT_FOUND', 'No table acount.')
    expect(toD365Error(own)).toBe(own)
  })
})

describe('decimals', () => {
  test.each([
    ['1', '1'],
    ['+1.50', '1.50'],
    ['-0012.5', '-12.5'],
    ['1e3', '1000'],
    ['1.25e-3', '0.00125'],
    ['922337203685477.5807', '922337203685477.5807'],
    ['12.5E1', '125'],
    ['.5', undefined],
    ['1,000', undefined],
    ['', undefined],
    ['NaN', undefined],
  ])('%s reads as %s', (text, expected) => {
    expect(parseDecimal(text)).toBe(expected)
  })

  test('comparison is numeric at any scale and any length', () => {
    expect(compareDecimals('1.0', '1.000')).toBe(0)
    expect(compareDecimals('-0', '0')).toBe(0)
    expect(compareDecimals('9', '10')).toBe(-1)
    expect(compareDecimals('-9', '-10')).toBe(1)
    expect(compareDecimals('9223372036854775807.1', '9223372036854775807')).toBe(1)
  })

  test('reading agrees with BigInt for whole numbers, exponents included', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.nat(20), (value, exponent) => {
        expect(parseDecimal(`${value}e${exponent}`)).toBe(String(value * 10n ** BigInt(exponent)))
      }),
    )
  })

  test('scale and integer digits are counted as a column limit counts them', () => {
    expect(scaleOf('1.500')).toBe(3)
    expect(integerDigits('-0012.5')).toBe(2)
    expect(integerDigits('0.5')).toBe(0)
  })
})

describe('time', () => {
  test('a manual clock moves by what was slept and remembers it', async () => {
    const clock = manualClock(1000)
    await clock.sleep(250)
    clock.advance(10)
    expect(clock.now()).toBe(1260)
    expect(clock.slept).toEqual([250])
  })

  test('a sleep ends at once with the reason when its signal aborts', async () => {
    const controller = new AbortController()
    const sleeping = systemClock.sleep(60_000, controller.signal)
    controller.abort(new Error('enough'))
    await expect(sleeping).rejects.toThrow('enough')
    await expect(systemClock.sleep(60_000, controller.signal)).rejects.toThrow('enough')
  })

  test('Retry-After is read as seconds and as an HTTP date', () => {
    const now = Date.UTC(2026, 0, 1, 12, 0, 0)
    expect(retryAfterMs('30', now)).toBe(30_000)
    expect(retryAfterMs('Thu, 01 Jan 2026 12:00:05 GMT', now)).toBe(5000)
    expect(retryAfterMs('Thu, 01 Jan 2026 11:00:00 GMT', now)).toBe(0)
    expect(retryAfterMs('soon', now)).toBeUndefined()
    expect(retryAfterMs(null, now)).toBeUndefined()
  })

  test('backoff doubles up to its cap and is jittered over the whole range', () => {
    const at = (attempt: number, random: number) =>
      backoffMs(attempt, { baseMs: 1000, capMs: 5000, random: () => random })
    expect([at(0, 1), at(1, 1), at(2, 1), at(9, 1)]).toEqual([1000, 2000, 4000, 5000])
    expect(at(3, 0)).toBe(0)
  })
})

describe('names and ids', () => {
  test('near names come nearest first and far ones not at all', () => {
    const tables = ['account', 'contact', 'accountleads', 'systemuser']
    expect(nearNames('acount', tables)).toEqual(['account'])
    expect(nearNames('Contcat', tables)).toEqual(['contact'])
    expect(nearNames('zzz', tables)).toEqual([])
  })

  test('GUIDs are read in any case, with or without braces', () => {
    expect(parseGuid('{5A4D0B0C-0000-4000-8000-00000000D365}')).toBe('5a4d0b0c-0000-4000-8000-00000000d365')
    expect(parseGuid('5a4d0b0c')).toBeUndefined()
  })
})

describe('redaction', () => {
  const SECRET = "mArk'er+se/cret=~ %"

  test('a known secret disappears in every spelling a service could echo', () => {
    const text = `plain ${SECRET}, form ${encodeURIComponent(SECRET)}, json ${JSON.stringify(SECRET)}`
    expect(redact(text, [SECRET])).toBe('plain [redacted], form [redacted], json "[redacted]"')
  })

  test.each([
    'ServiceURL=https://x;ClientSecret={a;b}}c};Scope=y',
    '{"refresh_token":"0.AXxx\\"quoted","error":"x"}',
    'client_id=1&client_secret=MARK%7E&grant_type=x',
    'Authorization: Bearer MARKMARKMARK.x-y_z',
    "Authorization: Bearer MARK'odd+characters/=~%!",
    'token eyJMARK.eyJMARK.MARK here',
    'AADSTS7000215 for abc8Q~MARKMARKMARK',
    `rt 0.A${'MARK'.repeat(12)}`,
  ])('free text loses what looks like a secret: %s', (text) => {
    const clean = redact(text)
    expect(clean).not.toMatch(/MARK|a;b|AXxx/)
    expect(clean).toContain('[redacted')
  })

  test('a log line is JSON, redacted, and only at its level', () => {
    const lines: string[] = []
    const log = lineLog('info', (line) => lines.push(line))
    log('debug', 'ignored')
    log('info', 'token', { url: 'https://x?code=MARK', status: 200 })
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { level: 'info', event: 'token', url: 'https://x?code=[redacted]', status: 200 },
    ])
  })
})
