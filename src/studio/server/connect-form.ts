import { z } from 'zod'
import {
  type ConnectionSettings,
  type Credential,
  type ExternalSystem,
  GRANTS,
  type GrantName,
} from '../../connect.ts'

/** The fields of the Connect page, and the settings they mean. An empty field is an unset one. */
const text = z.string().max(20_000)

/** What was typed; null: what the server has already, and the page has not seen. */
const secret = z.union([text, z.null()])

export const SECRET_FIELDS = ['secret', 'certificatePassword', 'accessToken', 'refreshToken'] as const

export type SecretField = (typeof SECRET_FIELDS)[number]

export const SettingsForm = z.object({
  serviceUrl: text,
  authUri: text,
  tokenUri: text,
  scope: text,
  tenant: text,
  grant: z.enum(GRANTS),
  clientId: text,
  redirectUri: text,
  certificatePath: text,
  thumbprint: z.enum(['', 'sha256', 'sha1']),
  tokenFile: text,
  secret,
  certificatePassword: secret,
  accessToken: secret,
  refreshToken: secret,
})

export type SettingsForm = z.infer<typeof SettingsForm>

/** Secrets as the server keeps them for a draft; those of other kinds of sign-in wait for the person to change back. */
export type KeptSecrets = { readonly [K in SecretField]?: string }

export function secretsOf(form: SettingsForm, kept: KeptSecrets): KeptSecrets {
  return Object.fromEntries(
    SECRET_FIELDS.flatMap((field) => {
      const value = form[field] === null ? kept[field] : form[field]
      return value === undefined || value === '' ? [] : [[field, value]]
    }),
  )
}

/** What each kind of sign-in needs or can use, beside the system's own fields. */
export const FIELDS_OF: Readonly<Record<GrantName, readonly (keyof SettingsForm)[]>> = {
  'client-secret': ['clientId', 'secret'],
  'client-certificate': ['clientId', 'certificatePath', 'certificatePassword', 'thumbprint'],
  browser: ['clientId', 'secret', 'redirectUri', 'accessToken', 'refreshToken'],
  'device-code': ['clientId', 'secret', 'accessToken', 'refreshToken'],
  'refresh-token': ['clientId', 'secret', 'refreshToken', 'accessToken'],
  'access-token': ['accessToken', 'refreshToken', 'clientId', 'secret'],
  'managed-identity': ['clientId'],
  'workload-identity': ['clientId', 'tokenFile'],
}

interface Names {
  readonly system: string
  readonly credential: string
}

/** Only what belongs to the kind of sign-in: the rest of the page's fields would mean another one. */
export function settingsOf(
  form: SettingsForm,
  secrets: KeptSecrets,
  names: Names,
): Pick<ConnectionSettings, 'system' | 'credential'> {
  const used = FIELDS_OF[form.grant]
  const of = (field: Exclude<keyof SettingsForm, SecretField>): string | undefined =>
    used.includes(field) && form[field].trim() !== '' ? form[field].trim() : undefined
  const hidden = (field: SecretField): string | undefined =>
    used.includes(field) ? secrets[field] : undefined
  const path = of('certificatePath')
  const { thumbprint } = form
  return {
    system: withoutEmpty({
      name: names.system,
      serviceUrl: form.serviceUrl.trim(),
      authUri: form.authUri.trim(),
      tokenUri: form.tokenUri.trim(),
      scope: form.scope.trim(),
      tenant: form.tenant.trim(),
    }),
    credential: {
      name: names.credential,
      grant: form.grant,
      ...withoutUndefined({
        clientId: of('clientId'),
        redirectUri: of('redirectUri'),
        tokenFile: of('tokenFile'),
        secret: hidden('secret'),
        accessToken: hidden('accessToken'),
        refreshToken: hidden('refreshToken'),
        certificate:
          path === undefined
            ? undefined
            : {
                path,
                ...withoutUndefined({
                  password: hidden('certificatePassword'),
                  thumbprint: thumbprint === '' ? undefined : thumbprint,
                }),
              },
      }),
    },
  }
}

/** The fields that say what `settings` say; secrets stay on the server. */
export function formOf({
  system,
  credential,
}: Pick<ConnectionSettings, 'system' | 'credential'>): SettingsForm {
  return {
    serviceUrl: system.serviceUrl,
    authUri: system.authUri ?? '',
    tokenUri: system.tokenUri ?? '',
    scope: system.scope ?? '',
    tenant: system.tenant ?? '',
    grant: credential.grant,
    clientId: credential.clientId ?? '',
    redirectUri: credential.redirectUri ?? '',
    certificatePath: credential.certificate?.path ?? '',
    thumbprint: credential.certificate?.thumbprint ?? '',
    tokenFile: credential.tokenFile ?? '',
    secret: credential.secret === undefined ? '' : null,
    certificatePassword: credential.certificate?.password === undefined ? '' : null,
    accessToken: credential.accessToken === undefined ? '' : null,
    refreshToken: credential.refreshToken === undefined ? '' : null,
  }
}

export function keptOf({ secret, certificate, accessToken, refreshToken }: Credential): KeptSecrets {
  return withoutUndefined({
    secret,
    certificatePassword: certificate?.password,
    accessToken,
    refreshToken,
  })
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

function withoutUndefined<T extends object>(values: T): Defined<T> {
  const out: Defined<T> = {}
  for (const key of keysOf(values)) {
    const value = values[key]
    if (isDefined(value)) out[key] = value
  }
  return out
}

function isDefined<V>(value: V): value is Exclude<V, undefined> {
  return value !== undefined
}

function keysOf<T extends object>(values: T): (keyof T)[] {
  const keys: (keyof T)[] = []
  for (const key in values) keys.push(key)
  return keys
}

/** The Service URL stays: that it is missing is said where it is checked. */
function withoutEmpty({ name, serviceUrl, ...rest }: ExternalSystem): ExternalSystem {
  return {
    name,
    serviceUrl,
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== '')),
  }
}
