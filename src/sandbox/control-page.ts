/** The page a person sees at `/sandbox`: where things are, what is in it, what it was asked last. */
import type { Faults } from './faults.ts'
import type { Limits } from './limits.ts'
import { TENANT_ID } from './seed/directory.ts'
import type { Store } from './store/store.ts'
import type { Trace, TraceEntry } from './trace.ts'

export interface PageFacts {
  readonly origin: string
  readonly store: Store
  readonly trace: Trace
  readonly faults: Faults
  readonly limits: Limits
}

/** Requests shown, newest first. */
const SHOWN_REQUESTS = 50

export function controlPage({ origin, store, trace, faults, limits }: PageFacts): string {
  const requests = trace.entries().slice(-SHOWN_REQUESTS).reverse()
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>d365 sandbox</title><style>${STYLE}</style></head><body><main>
<h1>d365 sandbox</h1>
<p>A Dynamics 365 environment and Entra ID on this machine. Everything in it is made up.</p>
<h2>Addresses</h2>
${table(['What', 'Where'], addresses(origin))}
<h2>Requests</h2>
<p>${trace.total} so far; the last ${requests.length}:</p>
${table(['#', 'Time', 'Request', 'Status', 'ms', 'Note'], requests.map(requestCells))}
<h2>Faults</h2>
${faultList(faults)}
<h2>Limits</h2>
${table(
  ['Limit', 'Value'],
  Object.entries(limits.options).map(([name, value]) => [name, String(value)]),
)}
<h2>Tables</h2>
${table(['Table', 'Entity set', 'Rows'], tables(store))}
<h2>Control</h2>
${table(['Request', 'What it does'], CONTROLS)}
</main></body></html>
`
}

const STYLE =
  'body{font:15px/1.5 system-ui,sans-serif;margin:0;color:#1b1a19;background:#faf9f8}main{max-width:70rem;margin:0 auto;padding:1rem}table{border-collapse:collapse;width:100%;background:#fff}th,td{border:1px solid #e1dfdd;padding:.3rem .6rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}th{background:#f3f2f1}h2{margin-top:2rem}@media(prefers-color-scheme:dark){body{color:#f3f2f1;background:#1b1a19}table{background:#252423}th{background:#323130}th,td{border-color:#484644}}'

function addresses(origin: string): readonly (readonly string[])[] {
  return [
    ['Service URL', `${origin}/api/data/v9.2/`],
    ['Auth URI', `${origin}/${TENANT_ID}/oauth2/v2.0/authorize`],
    ['Token URI', `${origin}/${TENANT_ID}/oauth2/v2.0/token`],
    ['Scope', `${origin}/.default`],
  ]
}

function requestCells({
  number,
  at,
  method,
  url,
  status,
  durationMs,
  code,
  note,
}: TraceEntry): readonly string[] {
  const remark = [code, note].filter((part) => part !== undefined).join(' ')
  return [
    String(number),
    at.slice(11, 23),
    `${method} ${url}`,
    status === 0 ? 'none' : String(status),
    String(durationMs),
    remark,
  ]
}

function faultList(faults: Faults): string {
  const skew = faults.clockSkewMs === 0 ? '' : `<p>The clock is off by ${faults.clockSkewMs} ms.</p>`
  const rules = faults.rules()
  if (rules.length === 0) return `${skew}<p>None.</p>`
  return (
    skew +
    table(
      ['#', 'Rule', 'Matched', 'Struck'],
      rules.map(({ id, rule, matched, struck }) => [
        String(id),
        JSON.stringify(rule),
        String(matched),
        String(struck),
      ]),
    )
  )
}

function tables(store: Store): readonly (readonly string[])[] {
  return store.schema.tables.map(({ logicalName, entitySetName }) => [
    logicalName,
    entitySetName,
    store.table(logicalName).size.toLocaleString('en-US'),
  ])
}

const CONTROLS: readonly (readonly string[])[] = [
  ['GET /sandbox/trace', 'The last requests as JSON.'],
  ['POST /sandbox/reset', 'Everything as it was at the start.'],
  ['POST /sandbox/snapshot {"name":"a"}', 'Remembers all data.'],
  ['POST /sandbox/restore {"name":"a"}', 'Goes back to what was remembered.'],
  ['GET /sandbox/faults', 'The faults that are switched on.'],
  [
    'POST /sandbox/faults {"path":"/api/data/*/accounts*","nth":[2],"fault":{"kind":"error","status":503}}',
    'Switches a fault on: latency, throttle, error, html, unauthorized, reset or truncate.',
  ],
  ['POST /sandbox/faults {"clockSkewMs":600000}', 'Sets the clock of the service wrong.'],
  ['DELETE /sandbox/faults, DELETE /sandbox/faults/1', 'Switches all faults, or one, off.'],
  ['GET /sandbox/limits, POST /sandbox/limits {"requests":100}', 'The service protection limits.'],
]

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: string, row: readonly string[]): string =>
    `<tr>${row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`
  return `<table><thead>${cells('th', head)}</thead><tbody>${rows.map((row) => cells('td', row)).join('')}</tbody></table>`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
