import { NO_STORE } from './answers.ts'

/** The pages a person sees: plain HTML without scripts or foreign hosts, but for the form that posts itself. */
export interface Page {
  readonly title: string
  /** HTML; values in it went through `escapeHtml`. */
  readonly body: string
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Posts its only form by itself, for `response_mode=form_post`. */
  readonly selfPosting?: boolean
}

export function page({ title, body, status = 200, headers = {}, selfPosting = false }: Page): Response {
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body${selfPosting ? ' onload="document.forms[0].submit()"' : ''}>
<main>
<p class="brand">Sandbox Entra ID <span>· nothing here is real</span></p>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`
  const script = selfPosting ? " 'unsafe-inline'" : ''
  return new Response(html, {
    status,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': `default-src 'none'; style-src 'unsafe-inline'; script-src${script || " 'none'"}; frame-ancestors 'none'`,
      'Referrer-Policy': 'no-referrer',
      'X-Frame-Options': 'DENY',
      ...NO_STORE,
      ...headers,
    },
  })
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** Hidden fields of a form, by name. */
export function hidden(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`)
    .join('\n')
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1b1b; --paper: #ffffff; --back: #eef1f6; --accent: #0f548c; --line: #c8ccd4; }
@media (prefers-color-scheme: dark) { :root { --ink: #f2f2f2; --paper: #22262d; --back: #14171c; --accent: #82b9e8; --line: #4a505b; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--back); color: var(--ink); font: 16px/1.45 system-ui, 'Segoe UI', sans-serif; }
main { width: 100%; max-width: 30rem; padding: 2rem; background: var(--paper); border: 1px solid var(--line); border-radius: 8px; }
.brand { margin: 0 0 1.25rem; font-weight: 600; }
.brand span { font-weight: 400; opacity: .75; }
h1 { margin: 0 0 1rem; font-size: 1.4rem; font-weight: 600; }
label { display: block; margin: .75rem 0 .25rem; }
input:not([type=hidden]) { width: 100%; padding: .55rem .6rem; font: inherit; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: 4px; }
button { padding: .55rem 1rem; font: inherit; border: 1px solid var(--accent); border-radius: 4px; background: var(--accent); color: var(--paper); cursor: pointer; }
button.plain { background: transparent; color: var(--accent); }
button.user { display: block; width: 100%; margin: .35rem 0; text-align: left; background: transparent; color: var(--ink); border-color: var(--line); }
button.user small { display: block; opacity: .75; }
button:focus-visible, input:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.actions { display: flex; gap: .75rem; margin-top: 1.25rem; }
code, pre { font: 14px/1.4 ui-monospace, Consolas, monospace; overflow-wrap: anywhere; white-space: pre-wrap; }
.error { padding: .75rem; border-left: 4px solid #c4314b; }
`
