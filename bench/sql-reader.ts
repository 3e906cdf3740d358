import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dataverse } from '../src/capabilities/dataverse.ts'
import { openAnswer } from '../src/engine/answer.ts'
import { literal, openDuck } from '../src/engine/duck.ts'
import { exportFile } from '../src/engine/export-file.ts'
import { stageScan } from '../src/engine/stage.ts'
import { parseStatement } from '../src/plan/parse.ts'
import { planQuery } from '../src/plan/plan.ts'
import { TABLE } from './accounts-table.ts'
import { openSession } from './bench-session.ts'

/** One sample in a process of its own: a whole table by SQL to a Parquet file or a DuckDB table. */

const [, , mode = 'table', origin = '', labels = 'plain'] = process.argv
const columns = TABLE.columns.map(({ name }) => name)
const named = labels === 'annotated' ? [...columns, 'primarycontactidname', 'owneridname'] : columns
const plan = planQuery(await parseStatement(`select ${named.join(', ')} from account`), {
  tables: new Map([['account', TABLE]]),
  annotations: dataverse.read.annotations,
  fetchXml: dataverse.read.fetchXml,
  now: Date.now(),
})
const { session, close } = openSession(origin)
const duck = await openDuck()
const folder = mkdtempSync(join(tmpdir(), 'd365-bench-'))
const answering = { duck, sessionOf: () => session, metadataOf: () => undefined }

const started = performance.now()
const counted = mode === 'parquet' ? await toParquet() : await toTable()
process.stdout.write(`${JSON.stringify(counted)}\n`)
await duck.close()
await close()
rmSync(folder, { recursive: true, force: true })
process.exit(0)

async function toParquet() {
  const file = join(folder, 'accounts.parquet')
  await exportFile(plan, { file, format: 'parquet' }, answering)
  const taken = { ms: performance.now() - started, ...used() }
  const reading = await openDuck({ reads: [file] })
  const local = await reading.session()
  const [[rows, employees] = []] = await (
    await local.run(`select count(*), sum(numberofemployees) from read_parquet(${literal(file)})`)
  ).getRows()
  await reading.close()
  return { ...taken, rows: Number(rows), employees: Number(employees) }
}

async function toTable() {
  const { local, close: closeAnswer } = await openAnswer(plan, answering)
  const [scan] = plan.scans
  if (!scan) throw new Error('no scan')
  await stageScan(scan, { folder: local.folder, local, remote: session })
  const taken = { ms: performance.now() - started, ...used() }
  const [[rows, employees] = []] = await (
    await local.run(`select count(*), sum(numberofemployees) from ${scan.id}`)
  ).getRows()
  await closeAnswer()
  return { ...taken, rows: Number(rows), employees: Number(employees) }
}

/** So far: the check of what was read is no part of the sample. */
function used() {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
  return { rssMb: maxRSS / 1024, cpuMs: (userCPUTime + systemCPUTime) / 1000 }
}
