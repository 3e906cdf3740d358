/**
 * The people and applications every sandbox starts with, the same in Entra ID and in Dynamics 365.
 * Fixed ids, so that a connection string printed once works for ever. The secrets are public on purpose.
 */

export const TENANT_ID = '5a4d0b0c-0000-4000-8000-00000000d365'
export const TENANT_DOMAIN = 'contoso.onmicrosoft.com'
export const TENANT_NAME = 'Contoso'
export const ORGANIZATION_ID = '0a1b2c3d-0000-4000-8000-0000000000a1'
export const ORGANIZATION_NAME = 'contoso'

/** A security role's name, as seeded in `roles.ts`. */
export type RoleName = 'System Administrator' | 'Salesperson' | 'Account Reader'

export interface DirectoryUser {
  /** Entra object id. */
  readonly objectId: string
  /** systemuserid in Dynamics; undefined: not a member of the environment. */
  readonly systemUserId?: string
  readonly upn: string
  readonly givenName: string
  readonly surname: string
  readonly password: string
  readonly roles: readonly RoleName[]
  /** What makes this person a test case. */
  readonly trait?:
    | 'disabled'
    | 'disabled-in-dynamics'
    | 'mfa'
    | 'guest'
    | 'blocked-by-conditional-access'
    | 'password-expired'
}

const PASSWORD = 'Sandbox-1'

export const USERS: readonly DirectoryUser[] = [
  {
    objectId: 'e0000000-0000-4000-8000-000000000001',
    systemUserId: 'd0000000-0000-4000-8000-000000000001',
    upn: 'ann@contoso.onmicrosoft.com',
    givenName: 'Ann',
    surname: 'Miller',
    password: PASSWORD,
    roles: ['System Administrator'],
  },
  {
    objectId: 'e0000000-0000-4000-8000-000000000002',
    systemUserId: 'd0000000-0000-4000-8000-000000000002',
    upn: 'ben@contoso.onmicrosoft.com',
    givenName: 'Ben',
    surname: 'Okafor',
    password: PASSWORD,
    roles: ['Salesperson'],
  },
  {
    objectId: 'e0000000-0000-4000-8000-000000000003',
    systemUserId: 'd0000000-0000-4000-8000-000000000003',
    upn: 'norole@contoso.onmicrosoft.com',
    givenName: 'Nora',
    surname: 'Role',
    password: PASSWORD,
    roles: [],
  },
  {
    objectId: 'e0000000-0000-4000-8000-000000000004',
    upn: 'outsider@contoso.onmicrosoft.com',
    givenName: 'Otto',
    surname: 'Outsider',
    password: PASSWORD,
    roles: [],
  },
  {
    objectId: 'e0000000-0000-4000-8000-000000000005',
    systemUserId: 'd0000000-0000-4000-8000-000000000005',
    upn: 'mfa@contoso.onmicrosoft.com',
    givenName: 'Mia',
    surname: 'Factor',
    password: PASSWORD,
    roles: ['Salesperson'],
    trait: 'mfa',
  },
  {
    objectId: 'e0000000-0000-4000-8000-000000000006',
    upn: 'disabled@contoso.onmicrosoft.com',
    givenName: 'Dan',
    surname: 'Disabled',
    password: PASSWORD,
    roles: [],
    trait: 'disabled',
  },
  {
    objectId: 'e0000000-0000-4000-8000-000000000007',
    systemUserId: 'd0000000-0000-4000-8000-000000000007',
    upn: 'inactive@contoso.onmicrosoft.com',
    givenName: 'Ina',
    surname: 'Active',
    password: PASSWORD,
    roles: ['Salesperson'],
    trait: 'disabled-in-dynamics',
  },
  {
    objectId: 'e0000000-0000-4000-8000-000000000008',
    upn: 'blocked@contoso.onmicrosoft.com',
    givenName: 'Bob',
    surname: 'Blocked',
    password: PASSWORD,
    roles: [],
    trait: 'blocked-by-conditional-access',
  },
  {
    objectId: 'e0000000-0000-4000-8000-000000000009',
    upn: 'expired@contoso.onmicrosoft.com',
    givenName: 'Eve',
    surname: 'Expired',
    password: PASSWORD,
    roles: [],
    trait: 'password-expired',
  },
]

export interface DirectoryApp {
  readonly clientId: string
  readonly name: string
  /** Object id of its service principal in the tenant; undefined: not in this tenant (AADSTS700016). */
  readonly servicePrincipalId?: string
  /** systemuserid of its application user; undefined: Dynamics does not know it (0x80072560). */
  readonly systemUserId?: string
  readonly roles: readonly RoleName[]
  readonly redirectUris: readonly { readonly uri: string; readonly platform: 'web' | 'native' | 'spa' }[]
  readonly publicClientFlows: boolean
  readonly multiTenant: boolean
  readonly secrets: readonly { readonly id: string; readonly value: string; readonly expired?: boolean }[]
  /** Delegated Dynamics permission listed and consented by an administrator. */
  readonly consent: 'granted' | 'ask' | 'admin-only' | 'not-listed'
  readonly disabled?: boolean
}

const secretOf = (letter: string): string => `sb${letter}8Q~sandbox-secret-${letter.repeat(12)}.-_`

export const APPS: readonly DirectoryApp[] = [
  {
    clientId: 'c0000000-0000-4000-8000-000000000001',
    name: 'd365 service',
    servicePrincipalId: 'f0000000-0000-4000-8000-000000000001',
    systemUserId: 'd0000000-0000-4000-8000-000000000101',
    roles: ['System Administrator'],
    redirectUris: [
      { uri: 'http://localhost', platform: 'web' },
      { uri: 'http://localhost:53682/callback', platform: 'web' },
    ],
    publicClientFlows: false,
    multiTenant: false,
    secrets: [
      { id: '5ec00000-0000-4000-8000-000000000001', value: secretOf('a') },
      { id: '5ec00000-0000-4000-8000-0000000000e1', value: secretOf('x'), expired: true },
    ],
    consent: 'granted',
  },
  {
    clientId: 'c0000000-0000-4000-8000-000000000002',
    name: 'd365 desktop',
    servicePrincipalId: 'f0000000-0000-4000-8000-000000000002',
    roles: [],
    redirectUris: [
      { uri: 'http://localhost', platform: 'native' },
      { uri: 'http://localhost/callback', platform: 'native' },
    ],
    publicClientFlows: true,
    multiTenant: true,
    secrets: [],
    consent: 'granted',
  },
  {
    clientId: 'c0000000-0000-4000-8000-000000000003',
    name: 'd365 single page',
    servicePrincipalId: 'f0000000-0000-4000-8000-000000000003',
    roles: [],
    redirectUris: [{ uri: 'http://localhost/spa', platform: 'spa' }],
    publicClientFlows: false,
    multiTenant: false,
    secrets: [],
    consent: 'granted',
  },
  {
    clientId: 'c0000000-0000-4000-8000-000000000004',
    name: 'No application user',
    servicePrincipalId: 'f0000000-0000-4000-8000-000000000004',
    roles: [],
    redirectUris: [],
    publicClientFlows: false,
    multiTenant: false,
    secrets: [{ id: '5ec00000-0000-4000-8000-000000000004', value: secretOf('d') }],
    consent: 'granted',
  },
  {
    clientId: 'c0000000-0000-4000-8000-000000000005',
    name: 'No role',
    servicePrincipalId: 'f0000000-0000-4000-8000-000000000005',
    systemUserId: 'd0000000-0000-4000-8000-000000000105',
    roles: [],
    redirectUris: [],
    publicClientFlows: false,
    multiTenant: false,
    secrets: [{ id: '5ec00000-0000-4000-8000-000000000005', value: secretOf('e') }],
    consent: 'granted',
  },
  {
    clientId: 'c0000000-0000-4000-8000-000000000006',
    name: 'Account reader',
    servicePrincipalId: 'f0000000-0000-4000-8000-000000000006',
    systemUserId: 'd0000000-0000-4000-8000-000000000106',
    roles: ['Account Reader'],
    redirectUris: [],
    publicClientFlows: false,
    multiTenant: false,
    secrets: [{ id: '5ec00000-0000-4000-8000-000000000006', value: secretOf('f') }],
    consent: 'granted',
  },
  {
    clientId: 'c0000000-0000-4000-8000-000000000007',
    name: 'Asks for consent',
    servicePrincipalId: 'f0000000-0000-4000-8000-000000000007',
    roles: [],
    redirectUris: [{ uri: 'http://localhost', platform: 'native' }],
    publicClientFlows: true,
    multiTenant: false,
    secrets: [],
    consent: 'ask',
  },
  {
    clientId: 'c0000000-0000-4000-8000-000000000008',
    name: 'Needs an administrator',
    servicePrincipalId: 'f0000000-0000-4000-8000-000000000008',
    roles: [],
    redirectUris: [{ uri: 'http://localhost', platform: 'native' }],
    publicClientFlows: true,
    multiTenant: false,
    secrets: [],
    consent: 'admin-only',
  },
  {
    clientId: 'c0000000-0000-4000-8000-000000000009',
    name: 'No Dynamics permission',
    servicePrincipalId: 'f0000000-0000-4000-8000-000000000009',
    roles: [],
    redirectUris: [{ uri: 'http://localhost', platform: 'native' }],
    publicClientFlows: true,
    multiTenant: false,
    secrets: [],
    consent: 'not-listed',
  },
  {
    clientId: 'c0000000-0000-4000-8000-00000000000a',
    name: 'Switched off',
    servicePrincipalId: 'f0000000-0000-4000-8000-00000000000a',
    roles: [],
    redirectUris: [{ uri: 'http://localhost', platform: 'native' }],
    publicClientFlows: true,
    multiTenant: false,
    secrets: [{ id: '5ec00000-0000-4000-8000-00000000000a', value: secretOf('z') }],
    consent: 'granted',
    disabled: true,
  },
]
