/** Values that translations go wrong on: twins by case, accents and blanks, wildcards, quotes, the ends of every range. */

export const TEXTS: readonly string[] = [
  'Contoso',
  'CONTOSO',
  'Cöntoso',
  'contoso ',
  'contoso  ltd',
  'Contoso Ltd',
  "O'Neil",
  "'; --",
  '"quoted"',
  'a & b <c>',
  'null',
  'é',
  'E\u0301',
  'e',
  'straße',
  'STRASSE',
  'æther',
  'aether',
  'ø',
  'и',
  'Й',
  '日本',
  'カナ',
  'かな',
  '😀 smile',
  ' lead',
  '0',
  '00',
  '1.0',
  'z',
]

export const PATTERN_TEXTS: readonly string[] = [
  '100%',
  '100',
  '100x',
  'a_b',
  'axb',
  'A_B',
  '[EU] north',
  'e north',
  'back\\slash',
  'a\\',
  'x^y-z]',
  '%',
  '_',
]

export const INTEGERS: readonly string[] = ['0', '1', '-1', '7', '2147483647', '-2147483648', '1000', '999']

export const LONGS: readonly string[] = [
  '0',
  '1',
  '-1',
  '9007199254740993',
  '9007199254740992',
  '9223372036854775807',
  '-9223372036854775808',
]

/** Within the range of both decimals and money. */
export const DECIMALS: readonly string[] = [
  '0',
  '1',
  '-1',
  '0.5',
  '0.05',
  '0.0001',
  '-0.0049',
  '2.5',
  '3.3333333333',
  '12345678.9876543210',
  '99999999999.9999',
  '-99999999999.9999',
  '100000000000',
]

/** Of these any sum is exact, in whatever order it is made. */
export const HALVES: readonly string[] = ['0', '0.5', '-0.25', '1', '1048576.125', '-3.75', '99999999999.5']

export const DAYS: readonly string[] = [
  '1753-01-01',
  '1899-12-31',
  '2023-12-31',
  '2024-01-01',
  '2024-02-29',
  '2024-03-31',
  '2024-12-31',
  '2025-01-01',
  '9999-12-31',
]

export const MOMENTS: readonly string[] = [
  '1753-01-01T00:00:00Z',
  '1969-12-31T23:59:59Z',
  '2023-12-31T23:59:59Z',
  '2024-01-01T00:00:00Z',
  '2024-02-29T12:30:45Z',
  '2024-03-01T00:00:00Z',
  '2024-03-31T01:30:00Z',
  '2024-10-27T02:30:00Z',
  '2024-12-30T10:00:00Z',
  '2025-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
]
