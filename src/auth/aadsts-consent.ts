import type { Advice } from './aadsts.ts'
import { APP, ENTERPRISE_APP, SIGN_IN_AGAIN, SIGN_IN_LOGS, USERS } from './aadsts-places.ts'

/** Advice on people and their rights: consent, accounts, extra proof, company policy. */
const OTHER_ACCOUNT = `Sign out and use the work account of tenant {tenant}, or have it invited: ${USERS} > New user > Invite external user.`
const UNATTENDED = 'For work without people use a client secret or certificate credential.'

export const CONSENT_ADVICE: readonly Advice[] = [
  {
    codes: [65001],
    message: 'Nobody has consented yet that application {client} may use Dynamics 365.',
    hint: `${APP} > API permissions > Grant admin consent, then ${lower(SIGN_IN_AGAIN)}`,
  },
  {
    codes: [65004],
    message: 'The person signing in declined the permissions.',
    hint: `${SIGN_IN_AGAIN} Choose Accept on the page that lists the permissions.`,
  },
  {
    codes: [90094, 90095],
    message: 'Tenant {tenant} lets only administrators consent to applications.',
    hint: `An administrator opens ${APP} > API permissions > Grant admin consent, or answers the request in Enterprise applications > Admin consent requests.`,
  },
  {
    codes: [50020],
    message: 'The account that signed in is unknown to tenant {tenant}.',
    hint: OTHER_ACCOUNT,
  },
  {
    codes: [50034],
    message: 'Tenant {tenant} has no account of that name.',
    hint: `Mistyped, or of another tenant. ${OTHER_ACCOUNT}`,
  },
  {
    codes: [50105],
    message: 'Application {client} is only for people assigned to it, and this one is not.',
    hint: `${ENTERPRISE_APP} > Users and groups > Add user; or Properties > Assignment required: No.`,
  },
  {
    codes: [50057],
    message: 'The account that signed in is disabled.',
    hint: `${USERS} > the user > Account status: enable it.`,
  },
  {
    codes: [50053],
    message: 'The account is locked after too many failed sign-ins, or the address looks malicious.',
    hint: `Wait ten minutes before the next try. The reason is in ${SIGN_IN_LOGS}.`,
  },
  {
    codes: [50055],
    message: 'The password of this account has expired.',
    hint: 'Sign in to https://myaccount.microsoft.com in a browser, set a new password, then run `d365 login`.',
  },
  {
    codes: [50126],
    message: 'User name or password is wrong.',
    hint: 'Sign in through the browser; passwords are not typed into d365.',
  },
  {
    codes: [50076],
    message: 'Entra ID asks for a second proof (multi-factor authentication) for Dynamics 365.',
    hint: `${SIGN_IN_AGAIN} ${UNATTENDED}`,
  },
  {
    codes: [50079, 50072],
    message: 'This account must first enrol for multi-factor authentication.',
    hint: `Open https://aka.ms/mfasetup as that user, then run \`d365 login\`.`,
  },
  {
    codes: [50074, 50078, 50158],
    message: 'Entra ID asks for a fresh strong sign-in.',
    hint: `${SIGN_IN_AGAIN} ${UNATTENDED}`,
  },
  {
    codes: [53003],
    message: 'A Conditional Access policy of tenant {tenant} blocked the sign-in.',
    hint: `An administrator sees which in ${SIGN_IN_LOGS} > the entry > Conditional Access. Device codes are blocked by many tenants: try \`d365 login\` with the browser, another network, or have the app excluded.`,
  },
  {
    codes: [53000, 53001, 53002, 50097],
    message: 'Policy of tenant {tenant} allows this sign-in only from a managed device.',
    hint: 'Sign in from a company-managed device, in its own browser.',
  },
  {
    codes: [530035, 530032],
    message: 'The security defaults or a policy of tenant {tenant} block this kind of sign-in.',
    hint: 'Use the browser sign-in (grant browser), which all of them allow.',
  },
  {
    codes: [500021, 500022, 50002],
    message: 'A company proxy restricts which tenants may be used, and {tenant} is not among them.',
    hint: 'Ask the network team to allow the tenant in the proxy’s tenant restrictions.',
  },
  {
    codes: [500212, 500213],
    message: 'A cross-tenant access policy blocks this sign-in.',
    hint: 'Administrators of both tenants check entra.microsoft.com > External Identities > Cross-tenant access settings.',
  },
]

/** Advice on tokens and codes that ended, were used twice, or met a busy service. */
const START_AGAIN = 'Start the sign-in again, in one browser tab.'
const OUR_FAULT = 'This is a fault in d365, not in your settings. Please report it with the request id shown.'

export const FLOW_ADVICE: readonly Advice[] = [
  {
    codes: [70043],
    message: 'A Conditional Access policy wants people to sign in more often than this refresh token did.',
    hint: `${SIGN_IN_AGAIN} An administrator can exempt the app (sign-in frequency). ${UNATTENDED}`,
  },
  {
    codes: [700082, 70008],
    message: 'The refresh token expired because it was not used for too long.',
    hint: `${SIGN_IN_AGAIN} To keep the next one alive run \`d365 test\` at least once a month.`,
  },
  {
    codes: [700084],
    message: 'The refresh token came from a single-page application, so it lasted 24 hours.',
    hint: `${APP} > Authentication: remove the redirect URI under Single-page application and add it under Mobile and desktop applications or Web; then run \`d365 login\`.`,
  },
  {
    codes: [50173],
    message: 'The refresh token was revoked: password changed, or sessions ended by an administrator.',
    hint: SIGN_IN_AGAIN,
  },
  {
    codes: [50132, 50133],
    message: 'The session ended because the password expired or was changed.',
    hint: SIGN_IN_AGAIN,
  },
  {
    codes: [70000],
    message: 'Entra ID does not accept the refresh token or code.',
    hint: `It was cut off when pasted, replaced by a newer one, or fetched with another client ID than {client}. Copy the whole value, or: ${lower(SIGN_IN_AGAIN)}`,
  },
  {
    codes: [54005],
    message: 'The sign-in code was already used once, and it works only once.',
    hint: START_AGAIN,
  },
  {
    codes: [700005],
    message: 'The sign-in page belonged to another tenant than the Token URI.',
    hint: 'Make host, tenant and version of Auth URI and Token URI equal.',
  },
  {
    codes: [501481],
    message: 'The sign-in code belongs to another sign-in than this one.',
    hint: START_AGAIN,
  },
  { codes: [50147, 501491], message: 'The code challenge has the wrong size.', hint: OUR_FAULT },
  {
    codes: [9002325],
    message: 'Entra ID wants proof of code exchange (PKCE) and got none.',
    hint: `${OUR_FAULT} Until then: ${APP} > Authentication: put the redirect URI under Web.`,
  },
  {
    codes: [9002326],
    message: 'Entra ID took the request for one of a web page, because it carried an Origin header.',
    hint: 'A proxy between d365 and Entra ID adds that header: let it pass login.microsoftonline.com untouched.',
  },
  {
    codes: [9002327],
    message:
      'The redirect URI is registered for a single-page application, whose codes only a web page may use.',
    hint: `${APP} > Authentication: move the redirect URI from Single-page application to Mobile and desktop applications or Web.`,
  },
  {
    codes: [70016],
    message: 'Nobody has entered the device code yet.',
    hint: 'Open the page shown, enter the code and sign in.',
  },
  {
    codes: [70018, 70019, 70020],
    message: 'The device code is unknown or has expired.',
    hint: 'Start the sign-in again and enter the new code within its time.',
  },
  {
    codes: [50196],
    message: 'Entra ID saw too many equal requests and stopped answering them.',
    hint: 'Wait five minutes. Then let programs share one credential, so that they share its tokens.',
  },
  {
    codes: [90055, 90033, 90024, 90006, 50033, 50087],
    message: 'Entra ID is busy or had a passing fault.',
    hint: 'Try again in a few minutes; https://status.azure.com tells of known trouble.',
  },
]

function lower(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1)
}
