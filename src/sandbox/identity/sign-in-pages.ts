import type { DirectoryApp, DirectoryUser } from '../seed/directory.ts'
import { escapeHtml, hidden, page } from './pages.ts'

/** The pages of a sign-in; each form posts back to the address it came from. */
export interface SignInFacts {
  readonly parameters: Readonly<Record<string, string>>
  readonly problem: string | undefined
  readonly hint: string
}

export function signInPage(
  users: readonly DirectoryUser[],
  { parameters, problem, hint }: SignInFacts,
): Response {
  const buttons = users
    .map(
      ({ upn, givenName, surname, password, trait, roles }) => `<form method="post">
${hidden({ ...parameters, step: 'password', upn, password })}
<button class="user">${escapeHtml(`${givenName} ${surname}`)}<small>${escapeHtml(upn)} · ${escapeHtml(trait ?? (roles.join(', ') || 'no role'))}</small></button>
</form>`,
    )
    .join('\n')
  return page({
    title: 'Pick an account',
    body: `${problem === undefined ? '' : `<p class="error">${escapeHtml(problem)}</p>`}
${buttons}
<form method="post">
${hidden({ ...parameters, step: 'password' })}
<label for="upn">Another account</label>
<input id="upn" name="upn" type="email" autocomplete="username" value="${escapeHtml(hint)}" required>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<div class="actions"><button>Sign in</button></div>
</form>
<form method="post">
${hidden({ ...parameters, step: 'cancel' })}
<div class="actions"><button class="plain">Cancel</button></div>
</form>`,
  })
}

export function mfaPage(parameters: Readonly<Record<string, string>>, cookie?: string): Response {
  return page({
    title: 'Approve sign in request',
    ...(cookie === undefined ? {} : { headers: { 'Set-Cookie': cookie } }),
    body: `<p>This account needs a second factor. In the sandbox, pressing the button is the second factor.</p>
<form method="post">
${hidden({ ...parameters, step: 'mfa', mfa: '1' })}
<div class="actions"><button>Approve</button></div>
</form>`,
  })
}

export function consentPage(
  app: DirectoryApp,
  user: DirectoryUser,
  { parameters, cookie }: { readonly parameters: Readonly<Record<string, string>>; readonly cookie: string },
): Response {
  return page({
    title: 'Permissions requested',
    headers: { 'Set-Cookie': cookie },
    body: `<p><strong>${escapeHtml(app.name)}</strong> (${escapeHtml(app.clientId)}) would like to:</p>
<ul><li>Access Dynamics 365 as ${escapeHtml(user.upn)}</li><li>Maintain access to data you have given it access to</li></ul>
<form method="post">
${hidden({ ...parameters, step: 'consent' })}
<div class="actions"><button>Accept</button></div>
</form>
<form method="post">
${hidden({ ...parameters, step: 'cancel' })}
<div class="actions"><button class="plain">Cancel</button></div>
</form>`,
  })
}
