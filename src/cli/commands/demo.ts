import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { type Connection, connect, openRowsFile, type RejectedRow, type WriteReport } from '../../connect.ts'
import { toD365Error } from '../../core/errors.ts'
import type { ListeningSandbox } from '../../sandbox/index.ts'
import { changeText } from '../change-text.ts'
import { type Io, print } from '../io.ts'
import { planText } from '../plan-text.ts'
import { rowPrinter } from '../row-format.ts'
import { sqlText } from '../sql-text.ts'

/** `d365 demo`: the whole job against a sandbox started for it, told as a story; ends by itself and leaves nothing. */
export function demoCommand(program: Command, io: Io): void {
  program
    .command('demo')
    .description('Watch d365 sign in, read and write, on a sandbox started for it')
    .action(async () => {
      const folder = await mkdtemp(join(tmpdir(), 'd365-demo-'))
      const { APPS, createSandbox } = await import('../../sandbox/index.ts')
      const server = await createSandbox().listen({ port: 0 })
      try {
        await tell({
          io,
          server,
          env: { ...io.env, D365_CONFIG_DIR: folder, D365_SECRET_STORE: 'file' },
          folder,
          secretId: APPS[0]?.secrets[0]?.id ?? '',
        })
      } finally {
        await server.close()
        await rm(folder, { recursive: true, force: true })
      }
    })
}

interface Stage {
  readonly io: Io
  readonly server: ListeningSandbox
  /** Settings of its own: the demo neither reads nor changes those of the user. */
  readonly env: Io['env']
  readonly folder: string
  /** Id of the application's secret: what people paste in place of its value. */
  readonly secretId: string
}

async function tell(stage: Stage): Promise<void> {
  const { io, server, env } = stage
  const say = (text: string) => print(io.stdout, `${text}\n`)
  await say('1. A Dynamics 365 environment and Entra ID, running on this machine')
  await say(`   Service URL  ${server.serviceUrl}`)

  await say('\n2. Sign in with OAuth 2.0: an id and a secret; tenant and endpoints are discovered')
  await using connection = await connect({ connectionString: server.connectionString, env })
  const token = await connection.token({ signal: io.signal })
  await say(`   ✔ token for ${token.facts?.audience}, good for ${minutesLeft(token.expiresAt)} minutes`)
  const who = await connection.identify({ signal: io.signal })
  await say(`   ✔ ${who.user} (${who.roles.join(', ')}) in ${who.environment}, version ${who.version}`)

  await say('\n3. Read: the five biggest accounts, exact amounts, choices and lookups by their labels')
  await printRows(stage, connection, 'account', {
    select: ['name', 'revenue', 'statuscode', 'primarycontactid'],
    orderby: 'revenue desc',
    top: 5,
    shown: ['name', 'revenue', 'statuscodename', 'primarycontactidname'],
  })

  await say('\n4. Write: a CSV of contacts, upserted by e-mail address; two rows are wrong on purpose')
  await writeContacts(stage, connection)

  await say('\n5. Read back what was written')
  await printRows(stage, connection, 'contact', {
    select: ['fullname', 'emailaddress1', 'parentcustomerid', 'preferredcontactmethodcode'],
    filter: "endswith(emailaddress1,'@demo.example')",
    orderby: 'lastname',
    shown: ['fullname', 'emailaddress1', 'parentcustomeridname', 'preferredcontactmethodcodename'],
  })

  await say('\n6. Ask with SQL: what is selective goes to the service, the rest is done here')
  await askWithSql(stage, connection)

  await say('\n7. When something is wrong: the cause, and where to put it right')
  await failOnPurpose(stage)

  await say(
    '\nThat was the round trip. d365 sandbox keeps one of these running; d365 system add connects your own.',
  )
}

function minutesLeft(expiresAt: number | undefined): number {
  return Math.round(((expiresAt ?? Date.now()) - Date.now()) / 60_000)
}

interface Shown {
  readonly select: readonly string[]
  readonly filter?: string
  readonly orderby: string
  readonly top?: number
  readonly shown: readonly string[]
}

async function printRows(
  { io }: Stage,
  connection: Connection,
  table: string,
  { shown, ...options }: Shown,
): Promise<void> {
  const reader = await connection.read(table, { ...options, labels: true, signal: io.signal })
  const printer = rowPrinter(
    'table',
    shown.map((name) => ({ name, exactNumber: false })),
    Number.POSITIVE_INFINITY,
  )
  let text = printer.start()
  for await (const batch of reader.batches()) text += printer.rows(batch)
  await print(io.stdout, `${text}${printer.end()}`.replace(/^(?=.)/gm, '   '))
}

const CONTACTS = `firstname,lastname,emailaddress1,parentcustomerid.accountnumber,preferredcontactmethodcode,birthdate
Ada,Lovelace,ada@demo.example,AC-00020,Email,1985-12-10
Grace,Hopper,grace@demo.example,AC-00021,Phone,1986-12-09
Edsger,Dijkstra,edsger@demo.example,AC-00020,Pigeon,1990-05-11
Alan,Turing,alan@demo.example,AC-99999,Any,1992-06-23
`

async function writeContacts({ io, folder }: Stage, connection: Connection): Promise<void> {
  const path = join(folder, 'contacts.csv')
  await writeFile(path, CONTACTS)
  const rejected: RejectedRow[] = []
  const run = async (dryRun: boolean): Promise<WriteReport> => {
    const file = await openRowsFile(path)
    rejected.length = 0
    return connection.write('contact', file, {
      mode: 'upsert',
      key: ['emailaddress1'],
      dryRun,
      journal: { folder: connection.journalFolder, fingerprint: file.fingerprint },
      rejects: (row) => void rejected.push(row),
      signal: io.signal,
    })
  }
  const say = (text: string) => print(io.stdout, `   ${text}\n`)
  await say(`  dry run   ${counts(await run(true))}`)
  await say(`✔ written   ${counts(await run(false))}`)
  for (const { input, message } of rejected) await say(`✖ line ${input.line}: ${message}`)
  await say(`  dry run of the same file again   ${counts(await run(true))}`)
}

function counts({ created, updated, unchanged, rejected }: WriteReport): string {
  return `${created} created, ${updated} updated, ${unchanged} unchanged, ${rejected} rejected`
}

const JOINED = `select a.name, count(*) as contacts from contact c join account a on c.parentcustomerid = a.accountid
where a.revenue > 40000000 group by a.name order by contacts desc, a.name limit 3`
const COUNTED = 'select statuscodename, count(*) as accounts from account group by 1 order by 2 desc'
const CHANGED = "update account set description = 'big' where revenue > 45000000"

async function askWithSql({ io }: Stage, connection: Connection): Promise<void> {
  const show = (text: string) => print(io.stdout, text.replace(/^(?=.)/gm, '   '))
  const signal = { signal: io.signal }
  for (const statement of [JOINED, COUNTED]) {
    const result = await connection.query(statement, signal)
    await show(`${statement}\n`)
    await show(sqlText(result, { format: 'table', terminalColumns: Number.POSITIVE_INFINITY }))
    const brought = result.scans.map(
      ({ rows }, index) => `${rows} rows of ${result.plan.requests[index]?.table}`,
    )
    await show(`✔ ${brought.join(' and ')} came over\n\n`)
  }
  await show(`${CHANGED}\n${planText(await connection.explain(CHANGED, signal), { json: false })}`)
  await show(`✔ ${changeText(await connection.execute(CHANGED, signal))}`)
}

async function failOnPurpose({ io, server, env, secretId }: Stage): Promise<void> {
  const wrong = server.connectionString.replace(/ClientSecret=(\{[^}]*\}|[^;]*)/i, `ClientSecret=${secretId}`)
  await print(io.stdout, '   the id of the secret was pasted in place of its value:\n')
  try {
    await using connection = await connect({ connectionString: wrong, env })
    await connection.token({ signal: io.signal })
  } catch (error) {
    const { message, hint } = toD365Error(error)
    await print(io.stdout, `   ✖ ${message}\n   → ${hint}\n`)
  }
}
