import { CONSENT_ADVICE, FLOW_ADVICE } from './aadsts-consent.ts'
import { SETUP_ADVICE } from './aadsts-setup.ts'
import { cloudOfLoginHost } from './clouds.ts'

/**
 * Entra ID's error numbers in plain words: what happened, and where to click.
 * The sign-in, the doctor and every front end speak from this one table.
 * Branching happens on the protocol's `error` field (token-error.ts), never on these numbers.
 */
export interface Advice {
  /** Numbers without the `AADSTS` prefix. */
  readonly codes: readonly number[]
  /** One sentence. `{client}`, `{tenant}` and `{resource}` are replaced by what was asked for. */
  readonly message: string
  /** Cause where it is not plain, then the place to click. */
  readonly hint: string
}

export interface AdviceContext {
  readonly clientId?: string | undefined
  readonly tenant?: string | undefined
  readonly resource?: string | undefined
  /** Login host; another cloud has other admin pages. */
  readonly host?: string | undefined
}

export const ADVICE: readonly Advice[] = [...SETUP_ADVICE, ...CONSENT_ADVICE, ...FLOW_ADVICE]

const BY_CODE = new Map(ADVICE.flatMap((advice) => advice.codes.map((code) => [code, advice] as const)))

/** Says only "see the other code": Entra puts it in front of the one that tells. */
const CHAINED = 70002

/**
 * The advice for the most telling of `codes` (Entra chains them, the last one being the cause),
 * filled in with what was asked for; undefined where none is known.
 */
export function adviseOn(
  codes: readonly number[],
  context: AdviceContext = {},
): { readonly code: number; readonly message: string; readonly hint: string } | undefined {
  const known = codes.filter((code) => BY_CODE.has(code))
  const code = known.findLast((candidate) => candidate !== CHAINED) ?? known.at(-1)
  const advice = code === undefined ? undefined : BY_CODE.get(code)
  if (code === undefined || advice === undefined) return undefined
  return { code, message: fill(advice.message, context), hint: fill(advice.hint, context) }
}

/** The numbers in any text with `AADSTS…` in it, in order, each once. */
export function codesIn(text: string): readonly number[] {
  return [...new Set([...text.matchAll(/AADSTS(\d{4,8})\b/g)].map(([, digits]) => Number(digits)))]
}

function fill(text: string, { clientId, tenant, resource, host }: AdviceContext): string {
  return text
    .replaceAll('entra.microsoft.com', cloudOfLoginHost(host ?? '')?.portal ?? 'entra.microsoft.com')
    .replaceAll('{client}', clientId ?? 'with this client ID')
    .replaceAll('{tenant}', tenant ?? 'named in the Token URI')
    .replaceAll('{resource}', resource ?? 'asked for')
}
