import type { Choice, Column } from '../../catalog/table.ts'
import { type CheckedValue, type Fault, fault, shown } from './checked-value.ts'

/** Most choices of one multi-select. */
const MAX_CHOICES = 150

/** A choice by number or by label (any case). */
export function checkChoice(value: unknown, column: Column): CheckedValue | Fault {
  const found = choiceOf(value, column)
  return typeof found === 'number' ? { kind: 'number', digits: String(found) } : found
}

/** Several choices: a list, or text separated by semicolons (or commas, for numbers): `1;2`, `Label A; Label B`. */
export function checkChoices(value: unknown, column: Column): CheckedValue | Fault {
  const numbers: number[] = []
  for (const part of parts(value)) {
    const found = choiceOf(part, column)
    if (typeof found !== 'number') return found
    if (!numbers.includes(found)) numbers.push(found)
  }
  if (numbers.length > MAX_CHOICES)
    return fault(`${column.name} has ${numbers.length} choices; it takes at most ${MAX_CHOICES}.`)
  return numbers.length === 0 ? { kind: 'null' } : { kind: 'text', text: numbers.join(',') }
}

/** true, false, 1, 0, or one of the two labels (any case). */
export function checkBoolean(value: unknown, column: Column): CheckedValue | Fault {
  if (typeof value === 'boolean') return { kind: 'boolean', value }
  const text = String(value).trim().toLowerCase()
  if (text === 'true' || text === '1') return { kind: 'boolean', value: true }
  if (text === 'false' || text === '0') return { kind: 'boolean', value: false }
  const labelled = (column.choices ?? []).filter(({ label }) => label.trim().toLowerCase() === text)
  const [only] = labelled
  if (only && labelled.length === 1) return { kind: 'boolean', value: only.value === 1 }
  const labels = (column.choices ?? []).map(({ label }) => shown(label))
  return fault(
    `${column.name} is ${shown(value)}; it must be ${['true', 'false', '1', '0', ...labels].join(', ')}.`,
  )
}

function parts(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  const text = String(value)
  const separator = /^[\s\d,-]*$/.test(text) ? /[,;]/ : ';'
  return text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

function choiceOf(value: unknown, column: Column): number | Fault {
  const text = String(value).trim()
  const choices = column.choices ?? []
  const number = /^-?\d{1,10}$/.test(text) ? Number(text) : undefined
  if (number !== undefined && (choices.length === 0 || choices.some((choice) => choice.value === number)))
    return number
  const labelled = choices.filter(({ label }) => label.trim().toLowerCase() === text.toLowerCase())
  const [only] = labelled
  if (only && labelled.length === 1) return only.value
  if (labelled.length > 1)
    return fault(
      `${column.name} is ${shown(text)}, a label of several choices (${labelled.map((choice) => choice.value).join(', ')}); give the number.`,
    )
  return fault(`${column.name} is ${shown(text)}; it must be ${choiceList(choices)}.`)
}

const LISTED_CHOICES = 8

function choiceList(choices: readonly Choice[]): string {
  if (choices.length === 0) return 'a whole number'
  const listed = choices.slice(0, LISTED_CHOICES).map(({ value, label }) => `${value} (${label})`)
  const rest = choices.length - listed.length
  return `one of ${listed.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}
