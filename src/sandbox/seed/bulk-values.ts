import type { ColumnDefinition } from '../schema.ts'
import type { Cell } from '../store/store.ts'
import { type Chance, type NonEmpty, nonEmpty } from './random.ts'
import { CITIES, COMPANY_KINDS, COMPANY_WORDS, FIRST_NAMES, JOB_TITLES, LAST_NAMES } from './words.ts'

/** What a made-up row is about: columns that belong together tell of the same person and place. */
export interface Subject {
  /** 1 for the first row. */
  readonly number: number
  readonly first: string
  readonly last: string
  readonly company: string
  readonly place: (typeof CITIES)[number]
}

export function subjectOf(chance: Chance, number: number): Subject {
  return {
    number,
    first: chance.pick(FIRST_NAMES),
    last: chance.pick(LAST_NAMES),
    company: chance.pick(COMPANIES),
    place: chance.pick(CITIES),
  }
}

/** `key`: different in every row. `name`: what the row is called. */
export type BulkUse = 'key' | 'name' | 'value'

export type BulkFill = (subject: Subject, chance: Chance) => Cell | undefined

/** Makes values that fit the column and what its name says; sometimes none. */
export function bulkFill(column: ColumnDefinition, use: BulkUse): BulkFill {
  const { type, options = [], logicalName } = column
  switch (type) {
    case 'String':
      return textFill(column, use)
    case 'Integer':
      return use === 'key' ? ({ number }) => number : (_, chance) => wholeIn(column, chance)
    case 'Money':
      return (_, chance) => sometimes(chance, BigInt(chance.whole(0, 50_000_000)) * 100n)
    case 'Decimal':
      return (_, chance) => BigInt(wholeIn(column, chance)) * 10_000_000_000n
    case 'Double':
      return (_, chance) => wholeIn(column, chance)
    case 'Boolean':
      return (_, chance) => chance.happens(0.1)
    case 'State':
      return () => 0
    case 'Status':
      return () => options.find(({ state }) => state === 0)?.value
    case 'Picklist':
      return (_, chance) => options[chance.whole(0, Math.max(0, options.length - 1))]?.value
    case 'DateTime': {
      const days = logicalName === 'birthdate' ? BIRTHDAYS : DAYS
      const list = column.dateBehavior === 'DateOnly' ? days : MOMENTS
      return (_, chance) => sometimes(chance, chance.pick(list))
    }
    default:
      return () => undefined
  }
}

function textFill({ logicalName, maxLength = 100 }: ColumnDefinition, use: BulkUse): BulkFill {
  const make = MEANINGS.find(([pattern]) => pattern.test(logicalName))?.[1] ?? PLAIN[use]
  return (subject, chance) => {
    const text = make(subject, chance)
    if (text === undefined || text === '') return undefined
    if (text.length <= maxLength) return text
    // It is the end that tells keys apart.
    return use === 'key' ? text.slice(-maxLength) : text.slice(0, maxLength)
  }
}

type Meaning = (subject: Subject, chance: Chance) => string | undefined

/** What the name of a text column says; the first that fits. */
const MEANINGS: readonly (readonly [RegExp, Meaning])[] = [
  [/phone|fax|pager/, (_, chance) => sometimes(chance, chance.pick(PHONES))],
  [/email/, (subject) => `mail${subject.number}@contoso.example`],
  [/url$/, (_, chance) => sometimes(chance, chance.pick(SITES))],
  [/_line1$/, (_, chance) => chance.pick(STREETS)],
  [/_city$/, ({ place }) => place[0]],
  [/_stateorprovince$/, ({ place }) => place[1]],
  [/_country$/, ({ place }) => place[2]],
  [/_postalcode$/, ({ place }) => place[3]],
  [/_(line[23]|county|postofficebox|upszone)$/, () => undefined],
  [/^firstname$/, ({ first }) => first],
  [/^lastname$/, ({ last }) => last],
  [/^(fullname|.*contactname)$/, ({ first, last }) => `${first} ${last}`],
  [/jobtitle/, (_, chance) => sometimes(chance, chance.pick(JOB_TITLES))],
  [/company/, ({ company }) => company],
  [/^(subject|title)$/, ({ company, number }) => `Order ${number} of ${company}`],
  [/number$/, numberText],
]

/** Where the name says nothing. */
const PLAIN: Readonly<Record<BulkUse, Meaning>> = {
  key: numberText,
  name: ({ company, number }) => `${company} ${number}`,
  value: (_, chance) => sometimes(chance, chance.pick(COMPANY_WORDS)),
}

/** Unlike any number of the small environment. */
function numberText({ number }: Subject): string {
  return `B-${String(number).padStart(7, '0')}`
}

function sometimes<T>(chance: Chance, value: T): T | undefined {
  return chance.happens(0.9) ? value : undefined
}

function wholeIn({ logicalName, min = 0, max = 1000 }: ColumnDefinition, chance: Chance): number {
  const most = /probability|percent/.test(logicalName) ? 100 : 10_000
  return chance.whole(Math.max(Math.ceil(min), 0), Math.min(max, most))
}

/** Made once: a million rows share a few thousand strings. */
const COMPANIES = crossed(COMPANY_WORDS, (word) => COMPANY_KINDS.map((kind) => `${word} ${kind}`))
const PHONES = crossed([201, 206, 312, 415, 503, 617, 702, 808], (area) =>
  Array.from({ length: 500 }, (_, line) => `${area}-555-0${String(line).padStart(3, '0')}`),
)
const STREETS = crossed(['Main Street', 'Harbour Road', 'Station Square', 'Mill Lane'], (street) =>
  Array.from({ length: 100 }, (_, house) => `${house + 1} ${street}`),
)
const SITES = crossed(COMPANY_WORDS, (word) => [`https://${siteOf(word)}.example`])
const DAYS = crossed(['2025', '2026'], daysOf)
const BIRTHDAYS = crossed(
  Array.from({ length: 50 }, (_, year) => String(1955 + year)),
  daysOf,
)
const MOMENTS = crossed(DAYS, (day) => [`${day}T08:30:00Z`, `${day}T16:00:00Z`])

function daysOf(year: string): string[] {
  return Array.from({ length: 12 }, (_, month) => String(month + 1).padStart(2, '0')).flatMap((month) =>
    Array.from({ length: 28 }, (_, day) => `${year}-${month}-${String(day + 1).padStart(2, '0')}`),
  )
}

function siteOf(word: string): string {
  return word.toLowerCase().replace(/[^a-z]/g, '')
}

function crossed<T, U>(items: readonly T[], more: (item: T) => readonly U[]): NonEmpty<U> {
  return nonEmpty(items.flatMap(more))
}
