/** The public list of the sign-in: what other folders may use of it. */
export { ADVICE, type Advice, type AdviceContext, adviseOn, codesIn } from './aadsts.ts'
export { type ChosenSettings, chooseSettings, type SettingsChoice } from './choose-settings.ts'
export { CLOUDS, type Cloud, cloudOfLoginHost, cloudOfServiceHost } from './clouds.ts'
export {
  CONNECTION_PROPERTIES,
  type ConnectionOptions,
  type ConnectionProperty,
} from './connection-properties.ts'
export {
  type ConnectionSettings,
  type FormatOptions,
  formatConnectionString,
  parseConnectionString,
} from './connection-string.ts'
export {
  type CredentialTokenSource,
  createTokenSource,
  type TokenSourceOptions,
} from './create-token-source.ts'
export {
  type CredentialStore,
  type CredentialStoreOptions,
  type LoadedCredential,
  maskCredential,
  openCredentialStore,
} from './credential-store.ts'
export {
  type Discovered,
  type DiscoveryOptions,
  discover,
  discoverTenantId,
  parseChallenge,
} from './discovery.ts'
export {
  buildEntraUrl,
  type EntraEndpoint,
  type EntraUrl,
  isSharedTenant,
  parseEntraUrl,
} from './entra-url.ts'
export {
  aboutTheMachine,
  configFolder,
  ENVIRONMENT_VARIABLES,
  type EnvironmentSettings,
  impliedGrant,
  readEnvironment,
} from './environment.ts'
export {
  type AuthorizationOptions,
  type AuthorizationStart,
  readCallback,
  readPastedRedirect,
  redeemCode,
  startAuthorization,
} from './grants/authorization-code.ts'
export {
  type BrowserOptions,
  browserGrant,
  NATIVE_REDIRECT_URI,
  type PasteRedirect,
} from './grants/browser.ts'
export { type DeviceCode, type DeviceCodeOptions, deviceCodeGrant } from './grants/device-code.ts'
export type { GrantContext } from './grants/grant.ts'
export { readToken, type TokenFacts } from './jwt.ts'
export { maskSecret, quoteSecret, type ReadSecret, readSecret } from './secret.ts'
export type { SecretProtection } from './secret-store.ts'
export { parseServiceUrl, type ServiceUrl, sameResource } from './service-url.ts'
export {
  type CertificateSetting,
  type Credential,
  type ExternalSystem,
  GRANTS,
  type GrantName,
  isAppGrant,
  isGrantName,
} from './settings.ts'
export type { SavedCredential, SavedSystem } from './settings-file.ts'
export { resolveTarget, type SignInTarget, type TargetOptions } from './target.ts'
export { recordTestOutcome, type TestOutcome } from './test-outcomes.ts'
export type { TokenSet } from './token-set.ts'
export type { AccessToken, TokenSource } from './token-source.ts'
export { createFileTokenStore, createMemoryTokenStore, type TokenStore } from './token-store.ts'
export { requireValid, type SettingFinding, type ValidateOptions, validateSettings } from './validate.ts'
