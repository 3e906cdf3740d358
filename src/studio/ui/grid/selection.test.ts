import { expect, test } from 'vitest'
import { copyText, isSelected, moveBy, START } from './selection.ts'

const size = { rows: 100_000, columns: 3, page: 20 }
const press = (key: string, { shiftKey = false, control = false } = {}) => ({ key, shiftKey, control })

test('arrows move within the edges, and above the first row is the header', () => {
  expect(moveBy(START, press('ArrowLeft'), size)?.active).toEqual({ row: 0, column: 0 })
  expect(moveBy(START, press('ArrowUp'), size)?.active).toEqual({ row: -1, column: 0 })
  expect(moveBy(START, press('ArrowDown', { control: true }), size)?.active).toEqual({
    row: 99_999,
    column: 0,
  })
  expect(moveBy(START, press('End', { control: true }), size)?.active).toEqual({ row: 99_999, column: 2 })
  expect(moveBy(START, press('PageDown'), size)?.active).toEqual({ row: 20, column: 0 })
  expect(moveBy(START, press('x'), size)).toBeUndefined()
})

test('an empty grid has its header only', () => {
  expect(moveBy(START, press('ArrowDown'), { ...size, rows: 0 })?.active).toEqual({ row: -1, column: 0 })
})

test('Shift keeps the corner, and what lies between is selected and copied as spreadsheets paste it', () => {
  const right = moveBy(START, press('ArrowRight', { shiftKey: true }), size) ?? START
  const below = moveBy(right, press('ArrowDown', { shiftKey: true }), size) ?? START
  expect(isSelected(below, { row: 1, column: 1 })).toBe(true)
  expect(isSelected(below, { row: 1, column: 2 })).toBe(false)
  const texts = [
    ['a', 'two\nlines'],
    ['say "b"', 'd'],
  ]
  expect(copyText(below, ({ row, column }) => texts[row]?.[column] ?? '')).toBe(
    'a\t"two\nlines"\n"say ""b"""\td',
  )
})
