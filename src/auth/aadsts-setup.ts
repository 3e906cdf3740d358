import type { Advice } from './aadsts.ts'
import { APP, ENTERPRISE_APP } from './aadsts-places.ts'

/** Advice on what was set up or typed wrong: application, tenant, cloud, secret, certificate, scope, resource. */
const FROM_SERVICE_URL =
  'Leave Auth URI and Token URI empty: d365 then takes the right tenant from the Service URL.'
const NEW_SECRET = `${APP} > Certificates & secrets > New client secret: copy the column Value at once (it is shown only then).`
const ASK_PERMISSION = `${APP} > API permissions > Add a permission > Dynamics CRM > Delegated permissions > user_impersonation, then Grant admin consent.`
const ONE_RESOURCE = 'Name rights of one resource only in Scope, that of the Service URL.'
const OUR_FAULT = 'This is a fault in d365, not in your settings. Please report it with the request id shown.'

export const SETUP_ADVICE: readonly Advice[] = [
  {
    codes: [50011],
    message: 'The redirect URI is not one of those registered for application {client}.',
    hint: `${APP} > Authentication > Add a platform (or URI): add the redirect URI d365 shows, letter for letter. For http://localhost the port does not matter, the path does.`,
  },
  {
    codes: [500113, 900971],
    message: 'Application {client} has no redirect URI at all.',
    hint: `${APP} > Authentication > Add a platform > Mobile and desktop applications: add http://localhost.`,
  },
  {
    codes: [700016, 700011],
    message: 'Application {client} does not exist in tenant {tenant}.',
    hint: `Wrong client ID, wrong tenant, or an app of another tenant nobody here consented to. ${APP} > Overview: compare Application (client) ID and Directory (tenant) ID; for an app of another tenant an administrator opens /TENANT/adminconsent?client_id=CLIENT on the login host.`,
  },
  {
    codes: [70001, 7000112],
    message: 'Application {client} is switched off.',
    hint: `${ENTERPRISE_APP} > Properties > Enabled for users to sign in: Yes.`,
  },
  {
    codes: [7000229],
    message: 'Application {client} is registered but has no service principal in tenant {tenant}.',
    hint: `${APP} > Overview > Create service principal, or grant admin consent once.`,
  },
  {
    codes: [90002],
    message: 'Entra ID has no tenant {tenant}.',
    hint: `Mistyped, or in another cloud (US Government signs in on login.microsoftonline.us). ${FROM_SERVICE_URL}`,
  },
  {
    codes: [900023],
    message: 'The tenant {tenant} in the Token URI is neither a tenant ID nor a domain name.',
    hint: `${APP} > Overview: paste Directory (tenant) ID. ${FROM_SERVICE_URL}`,
  },
  {
    codes: [50059],
    message: 'Entra ID cannot tell which tenant is meant: the Token URI says {tenant}.',
    hint: `An application signing in as itself needs its tenant ID there in place of common. ${FROM_SERVICE_URL}`,
  },
  {
    codes: [9001023],
    message: 'This kind of sign-in does not work on /common or /consumers.',
    hint: `Put the tenant ID into the Token URI. ${FROM_SERVICE_URL}`,
  },
  {
    codes: [90130, 90124],
    message: 'Application {client} or Dynamics 365 cannot be reached through /common or /consumers.',
    hint: `Put the tenant ID (or organizations) into Auth URI and Token URI. ${FROM_SERVICE_URL}`,
  },
  {
    codes: [50194],
    message: 'Application {client} belongs to one tenant, and the sign-in went to /common.',
    hint: `Put that tenant's ID into Auth URI and Token URI. ${FROM_SERVICE_URL}`,
  },
  {
    codes: [90038],
    message: 'Tenant {tenant} lives in another Microsoft cloud.',
    hint: `Use that cloud's login host: login.microsoftonline.us (US Government) or login.partner.microsoftonline.cn (China). ${FROM_SERVICE_URL}`,
  },
  {
    codes: [900432, 900382],
    message: 'Application {client} is registered in another Microsoft cloud than the service.',
    hint: 'Register an application in the cloud that hosts Dynamics 365, and use its client ID.',
  },
  {
    codes: [7000215],
    message: 'The client secret is wrong for application {client}.',
    hint: `Often the Secret ID was copied in place of the Value, quotes or a blank came along, or it is the secret of another app. ${NEW_SECRET}`,
  },
  {
    codes: [7000222],
    message: 'The client secret of application {client} has expired.',
    hint: `${NEW_SECRET} Note the new end date: secrets last 24 months at most.`,
  },
  {
    codes: [7000218],
    message: 'Application {client} must prove itself with a secret or certificate, and none was sent.',
    hint: `Give a client secret; or, for an app without one: ${APP} > Authentication > put the redirect URI under Mobile and desktop applications, and for a device code set Allow public client flows to Yes.`,
  },
  {
    codes: [700025],
    message: 'Application {client} is a public client, so it must not send a secret.',
    hint: `Remove the client secret from the credential, or move the redirect URI: ${APP} > Authentication > Web.`,
  },
  {
    codes: [70002],
    message: 'Entra ID could not verify the secret, token or certificate that was sent.',
    hint: `Check the value and that it belongs to this client ID. ${NEW_SECRET}`,
  },
  {
    codes: [700027],
    message: 'Entra ID does not accept the certificate for application {client}.',
    hint: `Not uploaded, expired, or another one than the private key used here. ${APP} > Certificates & secrets > Certificates > Upload certificate (.cer or .pem, without the key).`,
  },
  {
    codes: [700024],
    message: 'The signed proof of identity was not valid at the time Entra ID received it.',
    hint: 'The clock of this machine is wrong, or a federated token file is old. Synchronise the clock; make sure the token file is renewed.',
  },
  { codes: [50048], message: 'The signed proof names two different applications.', hint: OUR_FAULT },
  { codes: [50027], message: 'The signed proof of identity cannot be read by Entra ID.', hint: OUR_FAULT },
  {
    codes: [700211, 700212, 700213],
    message:
      'No federated credential of application {client} matches the issuer, audience or subject of the token.',
    hint: `${APP} > Certificates & secrets > Federated credentials: copy issuer, subject and audience exactly as in the token; upper and lower case count.`,
  },
  {
    codes: [1002012],
    message: 'The scope is not one an application can ask for when it signs in as itself.',
    hint: 'Set Scope to {resource}/.default (no user_impersonation, no offline_access), or leave Scope empty.',
  },
  {
    codes: [70011],
    message: 'Entra ID does not know the scope that was asked for.',
    hint: 'Leave Scope empty: d365 then asks for the right one.',
  },
  { codes: [28000, 28002, 28003], message: 'Scope names no resource or several.', hint: ONE_RESOURCE },
  { codes: [700022, 700023], message: 'Scope names several resources or none.', hint: ONE_RESOURCE },
  {
    codes: [650053],
    message: 'The scope names a right without a host, which Entra ID takes for Microsoft Graph.',
    hint: 'Write the whole scope, {resource}/user_impersonation offline_access, or leave Scope empty.',
  },
  {
    codes: [500011],
    message: 'Tenant {tenant} has no Dynamics 365 environment at {resource}.',
    hint: `The Service URL is mistyped, or the environment belongs to another tenant. Compare it with admin.powerplatform.microsoft.com > Manage > Environments. ${FROM_SERVICE_URL}`,
  },
  {
    codes: [50001],
    message: 'The sign-in did not say which resource it is for, or that resource is switched off.',
    hint: 'Use v2 addresses (/oauth2/v2.0/token), or leave Token URI empty and let d365 name the resource.',
  },
  {
    codes: [650057],
    message: 'Application {client} has not asked for permission on Dynamics 365.',
    hint: ASK_PERMISSION,
  },
  {
    codes: [650052],
    message: 'Tenant {tenant} has no Dataverse, or it is not enabled.',
    hint: 'An administrator enables Power Platform, or buys a licence that includes it: admin.microsoft.com > Billing.',
  },
  {
    codes: [650056, 65005],
    message: 'Application {client} lists no permission for Dynamics 365, or nobody consented to it.',
    hint: ASK_PERMISSION,
  },
  {
    codes: [901002, 9010010],
    message: 'A v2 address got a v1 resource parameter that does not match.',
    hint: 'Use v2 in both Auth URI and Token URI with Scope, or v1 (/oauth2/token) in both without Scope.',
  },
  {
    codes: [65002],
    message: 'Client ID {client} is one of Microsoft’s own, and it may not be used for this service.',
    hint: 'Register your own application: entra.microsoft.com > Entra ID > App registrations > New registration.',
  },
  {
    codes: [700054, 70005],
    message: 'Application {client} may not be asked for an ID token directly.',
    hint: 'Use response_type=code, as d365 does; no setting of the app needs to change.',
  },
  { codes: [70003], message: 'Entra ID does not know this kind of sign-in.', hint: OUR_FAULT },
  {
    codes: [900144, 90014],
    message: 'A field is missing in the request to Entra ID.',
    hint: 'Fill in client ID, secret and scope. If they are there, something between d365 and Entra ID changed the request.',
  },
  {
    codes: [9002313],
    message: 'Entra ID could not read the request.',
    hint: 'A pasted token, code or secret is broken: copy the whole value again.',
  },
  {
    codes: [900561, 90056],
    message: 'The address got a kind of request it does not take.',
    hint: 'Auth URI and Token URI are probably swapped: the first ends in /authorize, the second in /token.',
  },
]
