import {
  browserGrant,
  type DeviceCode,
  deviceCodeGrant,
  type PasteRedirect,
  type TokenSet,
} from '../../connect.ts'
import { D365Error } from '../../core/errors.ts'
import type { CallContext } from './call.ts'
import { formOf } from './connect-form.ts'
import { viewOf } from './draft-view.ts'
import { during } from './during.ts'

/** What a sign-in tells the page while it waits for the person. */
export type SignInEvent =
  | { readonly kind: 'open'; readonly url: string; readonly redirectUri: string }
  | ({ readonly kind: 'code' } & DeviceCode)
  | ({ readonly kind: 'signed-in'; readonly form: ReturnType<typeof formOf> } & ReturnType<typeof viewOf>)

interface SignInOptions {
  readonly loginHint: string | undefined
  readonly context: CallContext
}

/** Fetch OAuth Token. The tokens stay in the draft: the page is told that they are there, not what they are. */
export async function* signInDraft(
  id: string,
  { loginHint, context }: SignInOptions,
): AsyncGenerator<SignInEvent, void, undefined> {
  const connection = await context.drafts.connection(id)
  const device = context.drafts.get(id).settings.credential.grant === 'device-code'
  const tokens = yield* during<SignInEvent, TokenSet>(async (emit, signal) => {
    let fetched: TokenSet | undefined
    const signIn = connection.signIn.signIn(async (grant) => {
      fetched = device
        ? await deviceCodeGrant(grant, { onCode: (code) => emit({ kind: 'code', ...code }), signal })
        : await browserGrant(grant, {
            openBrowser: (url) => emit({ kind: 'open', url, redirectUri: redirectUriIn(url) }),
            onPaste: (paste) => void waiting.set(id, paste),
            signal,
            ...(loginHint === undefined ? {} : { loginHint }),
          })
      return fetched
    }, signal)
    await signIn.finally(() => waiting.delete(id))
    if (fetched === undefined) throw new D365Error('BUG', 'The sign-in ended without tokens.')
    return fetched
  }, context.signal)
  const { settings, secrets } = context.drafts.get(id)
  const { accessToken, refreshToken } = tokens
  const brought = { accessToken, ...(refreshToken === undefined ? {} : { refreshToken }) }
  const draft = {
    settings: { ...settings, credential: { ...settings.credential, ...brought } },
    secrets: { ...secrets, ...brought },
    tokens,
  }
  context.drafts.put(id, draft)
  yield { kind: 'signed-in', form: formOf(draft.settings), ...viewOf(id, draft, context) }
}

/** Sign-ins that wait for an answer, by draft. */
const waiting = new Map<string, PasteRedirect>()

export function handIn(id: string, address: string): void {
  const paste = waiting.get(id)
  if (!paste)
    throw new D365Error('NOT_FOUND', 'No sign-in is waiting for this address.', {
      hint: 'Press Fetch OAuth Token, sign in on the page it opens, and paste the address you end on.',
    })
  paste(address)
}

const redirectUriIn = (url: string): string => new URL(url).searchParams.get('redirect_uri') ?? ''
