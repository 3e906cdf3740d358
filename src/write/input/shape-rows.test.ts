import { expect, test } from 'vitest'
import { csvRows } from './csv-rows.ts'
import type { InputRow } from './input-row.ts'
import { memoryRows } from './memory-rows.ts'
import { type RowShape, shapedRows } from './shape-rows.ts'

async function shaped(rows: AsyncIterable<InputRow>, shape: RowShape) {
  const all: InputRow[] = []
  for await (const row of shapedRows(rows, shape)) all.push(row)
  return all
}

const csv = (text: string) =>
  csvRows(
    (async function* () {
      yield text
    })(),
  )

test('columns take the names of the table, in any case, and those mapped to nothing are left out', async () => {
  const [row] = await shaped(csv('Kundennummer,Firma,Intern\n7,Contoso,x\n'), {
    map: { KUNDENNUMMER: 'accountnumber', Firma: 'name', Intern: null },
  })
  expect(row?.values).toEqual({ accountnumber: '7', name: 'Contoso' })
  expect(row?.source).toMatchObject({
    header: ['Kundennummer', 'Firma', 'Intern'],
    cells: ['7', 'Contoso', 'x'],
  })
})

test('a name to map that a CSV does not have is refused with the names it has', async () => {
  await expect(shaped(csv('a,b\n1,2\n'), { map: { c: 'name' } })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('column c'),
    hint: 'It has a, b.',
  })
})

test('two columns that become one are refused', async () => {
  await expect(shaped(csv('a,name\n1,2\n'), { map: { a: 'Name' } })).rejects.toMatchObject({
    message: expect.stringContaining('a and name'),
  })
})

test('a default fills what is absent, null or empty, and never what is there', async () => {
  const rows = memoryRows([{ City: '' }, { city: null }, {}, { city: 'Bern' }, { city: 0 }])
  const values = (await shaped(rows, { defaults: { city: 'Ulm' } })).map((row) => Object.values(row.values))
  expect(values).toEqual([['Ulm'], ['Ulm'], ['Ulm'], ['Bern'], [0]])
})
