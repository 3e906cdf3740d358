import type { SecretField, SettingsForm } from '../../../server/connect-form.ts'

/** The words of the form: what the fields and the kinds of sign-in are called, and what is said about them. */
export type Grant = SettingsForm['grant']

export type FormField = keyof SettingsForm

export type SettingsFieldName = Exclude<FormField, 'grant'>

export interface GrantFacts {
  readonly grant: Grant
  readonly name: string
  /** When it is the right one. */
  readonly when: string
  /** What it cannot do without, in order. */
  readonly needs: readonly SettingsFieldName[]
  /** What it can use. */
  readonly takes: readonly SettingsFieldName[]
  /** Does a person sign in here to fetch the tokens? */
  readonly person: boolean
}

export const GRANT_FACTS: readonly GrantFacts[] = [
  {
    grant: 'client-secret',
    name: 'Application with a secret',
    when: 'For programs that run without a person. The application signs in as itself, with an id and a secret.',
    needs: ['clientId', 'secret'],
    takes: [],
    person: false,
  },
  {
    grant: 'client-certificate',
    name: 'Application with a certificate',
    when: 'For programs in production: the private key never leaves this machine, so there is no secret to lose.',
    needs: ['clientId', 'certificatePath'],
    takes: ['certificatePassword', 'thumbprint'],
    person: false,
  },
  {
    grant: 'browser',
    name: 'A person, in the browser',
    when: 'You sign in on Microsoft’s own page, with everything your organisation asks for. What you may see in Dynamics is what you get here.',
    needs: ['clientId'],
    takes: ['secret', 'redirectUri'],
    person: true,
  },
  {
    grant: 'device-code',
    name: 'A person, with a device code',
    when: 'For a machine without a browser: you type a short code on another one. Some organisations block it.',
    needs: ['clientId'],
    takes: ['secret'],
    person: true,
  },
  {
    grant: 'refresh-token',
    name: 'A refresh token you have',
    when: 'Somebody signed in elsewhere and gave you the refresh token. It is renewed for as long as it is used.',
    needs: ['clientId', 'refreshToken'],
    takes: ['secret', 'accessToken'],
    person: false,
  },
  {
    grant: 'access-token',
    name: 'An access token you have',
    when: 'For a quick try: it works for about an hour, unless a refresh token stands beside it.',
    needs: ['accessToken'],
    takes: ['refreshToken', 'clientId', 'secret'],
    person: false,
  },
  {
    grant: 'managed-identity',
    name: 'Managed identity of Azure',
    when: 'On a virtual machine, App Service or function in Azure: no secret at all. Works only there.',
    needs: [],
    takes: ['clientId'],
    person: false,
  },
  {
    grant: 'workload-identity',
    name: 'Workload identity (federated)',
    when: 'In Kubernetes or a build pipeline: a token of that platform is exchanged for one of Entra ID.',
    needs: ['clientId'],
    takes: ['tokenFile'],
    person: false,
  },
]

export function factsOf(grant: Grant): GrantFacts {
  const facts = GRANT_FACTS.find((one) => one.grant === grant) ?? GRANT_FACTS[0]
  if (!facts) throw new Error('There is a fact sheet for every kind of sign-in.')
  return facts
}

export interface FieldWords {
  readonly label: string
  readonly placeholder?: string
  readonly hint?: string
}

export const FIELD_WORDS: Readonly<Record<SettingsFieldName, FieldWords>> = {
  serviceUrl: {
    label: 'Service URL',
    placeholder: 'https://contoso.crm.dynamics.com',
    hint: 'The address of your environment. What the browser shows when you use Dynamics 365 will do.',
  },
  authUri: { label: 'Auth URI', hint: 'The sign-in page.' },
  tokenUri: { label: 'Token URI', hint: 'Where tokens are fetched. POST in front of it is accepted.' },
  scope: { label: 'Scope', hint: 'What the token is asked for. Version 2 only.' },
  tenant: { label: 'Tenant', hint: 'Directory (tenant) ID or domain. Needed only where it cannot be found.' },
  clientId: {
    label: 'Client ID',
    placeholder: '00000000-0000-0000-0000-000000000000',
    hint: 'Application (client) ID of the app registration.',
  },
  redirectUri: {
    label: 'Redirect URI',
    placeholder: 'http://localhost',
    hint: 'As it is registered, letter for letter. Empty means http://localhost, on any free port.',
  },
  certificatePath: {
    label: 'Certificate file',
    placeholder: '/path/to/certificate.pem',
    hint: 'Path on this machine of a PEM or PFX file with certificate and private key.',
  },
  thumbprint: {
    label: 'Thumbprint',
    hint: 'How the certificate is named to Entra ID. SHA-256 unless yours is old.',
  },
  tokenFile: {
    label: 'Token file',
    placeholder: 'AZURE_FEDERATED_TOKEN_FILE',
    hint: 'Path of the file the platform writes its token to.',
  },
  secret: { label: 'Client Secret', hint: 'The Value of the secret, not its Secret ID.' },
  certificatePassword: {
    label: 'Password of the certificate',
    hint: 'Of the PFX file, or of the PEM’s private key.',
  },
  accessToken: { label: 'Access token', hint: 'As it was issued: three parts with dots between them.' },
  refreshToken: { label: 'Refresh token', hint: 'Belongs to the client ID it was issued to.' },
}

const SECRETS: readonly SecretField[] = ['secret', 'certificatePassword', 'accessToken', 'refreshToken']

export function isSecretField(field: FormField): field is SecretField {
  return SECRETS.some((secret) => secret === field)
}

export const EMPTY_FORM: SettingsForm = {
  serviceUrl: '',
  authUri: '',
  tokenUri: '',
  scope: '',
  tenant: '',
  grant: 'client-secret',
  clientId: '',
  redirectUri: '',
  certificatePath: '',
  thumbprint: '',
  tokenFile: '',
  secret: '',
  certificatePassword: '',
  accessToken: '',
  refreshToken: '',
}
