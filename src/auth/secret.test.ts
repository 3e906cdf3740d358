import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { maskSecret, quoteSecret, readSecret, SECRET_ID_WARNING } from './secret.ts'

describe('client secrets', () => {
  test('one pair of single quotes comes off, blanks inside and everything else stays', () => {
    expect(readSecret("'abc8Q~x'").value).toBe('abc8Q~x')
    expect(readSecret("' a '").value).toBe(' a ')
    expect(readSecret(" 'a'").value).toBe(" 'a'")
    expect(readSecret('"a"').value).toBe('"a"')
    expect(readSecret("''").value).toBe("''")
    expect(readSecret("'").value).toBe("'")
    expect(readSecret("'abc'").notes).toEqual(['The single quotes around the client secret were taken off.'])
  })

  test('a GUID is recognised as the Secret ID, quoted or not', () => {
    expect(readSecret('5a4d0b0c-0000-4000-8000-00000000d365').notes).toEqual([SECRET_ID_WARNING])
    expect(readSecret("'5a4d0b0c-0000-4000-8000-00000000d365'").notes).toContain(SECRET_ID_WARNING)
    expect(readSecret('abc8Q~notAGuid').notes).toEqual([])
  })

  test('what is quoted reads back the same', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (secret) => readSecret(quoteSecret(secret)).value === secret),
    )
  })

  test('at most the last four characters are shown, of a short secret none', () => {
    expect(maskSecret('abcdefghijklmnop')).toBe('••••mnop')
    expect(maskSecret('abcdefghijklmno')).toBe('••••')
  })
})
