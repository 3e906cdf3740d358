/**
 * The net under structural redaction: takes secrets out of free text.
 * Code that logs or raises errors must not put them in; this catches what a service echoes back.
 */

const FIELD =
  'client_secret|client_assertion|refresh_token|access_token|id_token|code|code_verifier|device_code|password|assertion|clientsecret|accesstoken|refreshtoken|clientcertificatepassword|proxypassword'

const RULES: readonly (readonly [RegExp, string])[] = [
  // Connection strings: `ClientSecret={…};` or `ClientSecret=…;`
  [
    /\b(ClientSecret|AccessToken|RefreshToken|Password|\w+Password)\s*=\s*(\{(?:[^}]|\}\})*\}|'[^']*'|[^;\s]+)/gi,
    '$1=[redacted]',
  ],
  // JSON fields
  [new RegExp(`("(?:${FIELD})"\\s*:\\s*)"(?:[^"\\\\]|\\\\.)*"`, 'gi'), '$1"[redacted]"'],
  // Form and query fields
  [new RegExp(`(^|[?&\\s])(${FIELD})=[^&\\s;"]+`, 'gi'), '$1$2=[redacted]'],
  [/\b(Bearer|Basic)\s+[^\s",;]{8,}/gi, '$1 [redacted]'],
  // JSON Web Tokens, Entra refresh tokens and authorization codes, Entra client secrets
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, '[redacted token]'],
  [/\b[01]\.A[\w-]{40,}/g, '[redacted token]'],
  [/\b\w{3}\dQ~[\w.~-]{6,}/g, '[redacted secret]'],
]

/**
 * `text` without anything that looks like a secret, and without the `known` ones exactly as they are
 * (also in their form-encoded spelling). Known secrets shorter than 4 characters are left alone.
 */
export function redact(text: string, known: Iterable<string> = []): string {
  let out = text
  for (const secret of known) {
    if (secret.length < 4) continue
    for (const spelling of new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]))
      out = out.replaceAll(spelling, '[redacted]')
  }
  return RULES.reduce((current, [pattern, replacement]) => current.replace(pattern, replacement), out)
}
