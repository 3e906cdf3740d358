import type { Discovered } from './addresses.tsx'
import type { Grant } from './fields.ts'

/** Where each value is found, click by click, for the chosen kind of sign-in; links lead as deep as they can. */
export interface GuideStep {
  readonly title: string
  /** What to do, in order. */
  readonly clicks: readonly string[]
  readonly links?: readonly GuideLink[]
  /** Values to paste over there. */
  readonly values?: readonly GuideValue[]
}

export interface GuideLink {
  readonly label: string
  readonly href: string
}

export interface GuideValue {
  readonly label: string
  readonly value: string
}

export interface GuideSituation {
  readonly grant: Grant
  readonly clientId: string
  readonly redirectUri: string
  readonly found: Discovered | undefined
}

export function guideFor(situation: GuideSituation): readonly GuideStep[] {
  return STEPS[situation.grant].map((step) => step(situation))
}

type Step = (situation: GuideSituation) => GuideStep

/** Power Platform has one admin center for each cloud. */
const ADMIN_CENTRES: Readonly<Record<string, string>> = {
  'portal.azure.us': 'https://gcc.admin.powerplatform.microsoft.us',
  'portal.azure.cn': 'https://admin.powerplatform.partner.microsoftonline.cn',
}

const adminCentre = ({ found }: GuideSituation): string =>
  ADMIN_CENTRES[found?.portal ?? ''] ?? 'https://admin.powerplatform.microsoft.com'

const portal = ({ found }: GuideSituation): string => `https://${found?.portal ?? 'entra.microsoft.com'}`

const appPage = (situation: GuideSituation, blade: string, label: string): GuideLink =>
  situation.clientId === ''
    ? {
        label: 'App registrations',
        href: `${portal(situation)}/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade`,
      }
    : {
        label,
        href: `${portal(situation)}/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/${blade}/appId/${encodeURIComponent(situation.clientId)}`,
      }

const serviceUrl: Step = (situation) => ({
  title: 'Find the Service URL',
  clicks: [
    'Open the Power Platform admin center, then Manage > Environments and your environment.',
    'Copy Environment URL. Or open Dynamics 365 and copy the address of the browser: the part up to .com is enough.',
  ],
  links: [{ label: 'Environments', href: `${adminCentre(situation)}/manage/environments` }],
})

const register: Step = (situation) => ({
  title: 'Register an application',
  clicks: [
    'Entra admin center > Entra ID > App registrations > New registration.',
    'Give it a name that people will recognise, for example d365 connector.',
    'Leave “Accounts in this organizational directory only”, and press Register.',
    'From Overview copy Application (client) ID into Client ID.',
  ],
  links: [
    {
      label: 'New registration',
      href: `${portal(situation)}/#view/Microsoft_AAD_RegisteredApps/CreateApplicationBlade/quickStartType~/null/isMSAApp~/false`,
    },
  ],
})

const secret: Step = (situation) => ({
  title: 'Make a client secret',
  clicks: [
    'In the app: Certificates & secrets > Client secrets > New client secret.',
    'Choose how long it lasts (24 months at most) and note the end in your calendar.',
    'Copy the column Value at once into Client Secret. It is shown only now; the Secret ID beside it is something else.',
  ],
  links: [appPage(situation, 'Credentials', 'Certificates & secrets of this app')],
})

const certificate: Step = (situation) => ({
  title: 'Make and upload a certificate',
  clicks: [
    'On this machine make a key and a certificate with the command below, and put both into one PEM file.',
    'In the app: Certificates & secrets > Certificates > Upload certificate: the .cer or .pem without the key.',
    'Put the path of the file with both into Certificate file.',
  ],
  values: [
    {
      label: 'Command',
      value:
        'openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj "/CN=d365" -keyout key.pem -out cert.pem && cat cert.pem key.pem > d365.pem',
    },
  ],
  links: [appPage(situation, 'Credentials', 'Certificates & secrets of this app')],
})

const redirect: Step = (situation) => ({
  title: 'Allow the way back',
  clicks: [
    'In the app: Authentication > Add a platform > Mobile and desktop applications.',
    'Add the redirect URI below as a custom one, letter for letter. For http://localhost the port does not matter.',
    'An app with a secret: add it under Web in place of that, with a fixed port, and fill in Redirect URI here too.',
  ],
  values: [{ label: 'Redirect URI', value: situation.redirectUri || 'http://localhost' }],
  links: [appPage(situation, 'Authentication', 'Authentication of this app')],
})

const publicClient: Step = (situation) => ({
  title: 'Allow device codes',
  clicks: ['In the app: Authentication > Advanced settings > Allow public client flows: Yes, then Save.'],
  links: [appPage(situation, 'Authentication', 'Authentication of this app')],
})

const permission: Step = (situation) => ({
  title: 'Ask for Dynamics 365',
  clicks: [
    'In the app: API permissions > Add a permission > Dynamics CRM > Delegated permissions > user_impersonation.',
    'Press Grant admin consent. If the button is grey, send the consent address to an administrator.',
  ],
  values: [
    {
      label: 'Scope',
      value: situation.found?.scope ?? 'https://contoso.crm.dynamics.com/user_impersonation offline_access',
    },
    ...consentAddress(situation),
  ],
  links: [appPage(situation, 'CallAnAPI', 'API permissions of this app')],
})

function consentAddress({ found, clientId }: GuideSituation): readonly GuideValue[] {
  if (!found || clientId === '') return []
  const address = `${found.authority}/${encodeURIComponent(found.tenant)}/adminconsent?client_id=${encodeURIComponent(clientId)}`
  return [{ label: 'Consent address', value: address }]
}

const applicationUser: Step = (situation) => ({
  title: 'Create the application user',
  clicks: [
    'Power Platform admin center > Manage > Environments > your environment > Settings > Users + permissions > Application users.',
    'New app user > Add an app: find the registration by its client ID. Choose a business unit.',
    'Press the pencil beside Security roles and choose the roles it needs; for a first try Basic User and one that reads accounts. Then Create.',
  ],
  values: situation.clientId === '' ? [] : [{ label: 'Client ID', value: situation.clientId }],
  links: [{ label: 'Environments', href: `${adminCentre(situation)}/manage/environments` }],
})

const personRole: Step = (situation) => ({
  title: 'Make sure the person has a role',
  clicks: [
    'The person needs a licence, membership in the environment and a security role.',
    'Settings > Users + permissions > Users > the person > Manage security roles.',
  ],
  links: [{ label: 'Environments', href: `${adminCentre(situation)}/manage/environments` }],
})

const signIn: Step = () => ({
  title: 'Sign in',
  clicks: ['Press Fetch OAuth Token and sign in. Then press Test connection.'],
})

const tryIt: Step = () => ({
  title: 'Try it',
  clicks: ['Press Test connection. A step that fails says why, and where to mend it.'],
})

const bringTokens: Step = () => ({
  title: 'Bring the token',
  clicks: [
    'Paste it as it was issued; line breaks of a careless copy do no harm.',
    'A refresh token works only with the client ID (and the secret, if that app has one) it was issued to.',
    'It must have been asked for this environment: its audience is the Service URL.',
  ],
})

const enableIdentity: Step = () => ({
  title: 'Give the machine an identity',
  clicks: [
    'Azure portal > the virtual machine, app or function > Identity > System assigned: On.',
    'With a user-assigned identity, put its client ID into Client ID; otherwise leave that empty.',
    'Run d365 on that machine: the identity is given out only there.',
  ],
})

const federate: Step = (situation) => ({
  title: 'Trust the platform’s token',
  clicks: [
    'In the app: Certificates & secrets > Federated credentials > Add credential.',
    'Copy issuer, subject and audience exactly as they are in the platform’s token.',
    'Token file is the path the platform writes it to; empty means AZURE_FEDERATED_TOKEN_FILE.',
  ],
  values: [{ label: 'Audience', value: 'api://AzureADTokenExchange' }],
  links: [appPage(situation, 'Credentials', 'Certificates & secrets of this app')],
})

const STEPS: Readonly<Record<Grant, readonly Step[]>> = {
  'client-secret': [serviceUrl, register, secret, applicationUser, tryIt],
  'client-certificate': [serviceUrl, register, certificate, applicationUser, tryIt],
  browser: [serviceUrl, register, redirect, permission, personRole, signIn],
  'device-code': [serviceUrl, register, publicClient, permission, personRole, signIn],
  'refresh-token': [serviceUrl, bringTokens, tryIt],
  'access-token': [serviceUrl, bringTokens, tryIt],
  'managed-identity': [serviceUrl, enableIdentity, applicationUser, tryIt],
  'workload-identity': [serviceUrl, register, federate, applicationUser, tryIt],
}
