/**
 * The errors of the sandbox's Entra ID, by AADSTS number. `sure` is false where status or `error` could not be
 * confirmed by documentation or a public report.
 */
export interface EntraErrorFacts {
  readonly status: number
  readonly error: string
  readonly text: string
  readonly suberror?: string
  readonly sure?: boolean
}

export const ENTRA_ERRORS = {
  50001: { status: 400, error: 'invalid_resource', text: 'Resource identifier is not provided.' },
  50011: {
    status: 400,
    error: 'invalid_request',
    text: "The redirect URI '{0}' specified in the request does not match the redirect URIs configured for the application '{1}'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal.",
    sure: false,
  },
  50027: { status: 401, error: 'invalid_client', text: 'JWT token is invalid or malformed.', sure: false },
  50034: {
    status: 400,
    error: 'invalid_grant',
    text: 'The user account {0} does not exist in the {1} directory. To sign into this application, the account must be added to the directory.',
  },
  50048: {
    status: 401,
    error: 'invalid_client',
    text: 'Subject mismatches Issuer claim in the client assertion.',
    sure: false,
  },
  50055: {
    status: 400,
    error: 'invalid_grant',
    text: 'The password is expired.',
    suberror: 'user_password_expired',
    sure: false,
  },
  50057: { status: 400, error: 'invalid_grant', text: 'The user account is disabled.', sure: false },
  50059: {
    status: 400,
    error: 'invalid_request',
    text: 'No tenant-identifying information found in either the request or implied by any provided credentials.',
  },
  50076: {
    status: 400,
    error: 'interaction_required',
    text: "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '00000007-0000-0000-c000-000000000000'.",
    suberror: 'basic_action',
  },
  50126: {
    status: 400,
    error: 'invalid_grant',
    text: 'Error validating credentials due to invalid username or password.',
  },
  50173: {
    status: 400,
    error: 'invalid_grant',
    text: "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password. The grant was issued on '{0}' and the TokensValidFrom date (before which tokens are not valid) for this user is '{1}'.",
  },
  50194: {
    status: 400,
    error: 'invalid_request',
    text: "Application '{0}'({1}) is not configured as a multi-tenant application. Usage of the /common endpoint is not supported for such apps created after '10/15/2018'. Use a tenant-specific endpoint or configure the application to be multi-tenant.",
    sure: false,
  },
  53003: {
    status: 400,
    error: 'invalid_grant',
    text: 'Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.',
    suberror: 'message_only',
    sure: false,
  },
  54005: {
    status: 400,
    error: 'invalid_grant',
    text: 'OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.',
  },
  65001: {
    status: 400,
    error: 'invalid_grant',
    text: "The user or administrator has not consented to use the application with ID '{0}' named '{1}'. Send an interactive authorization request for this user and resource.",
    suberror: 'consent_required',
  },
  65004: { status: 400, error: 'access_denied', text: 'User declined to consent to access the app.' },
  70000: { status: 400, error: 'invalid_grant', text: 'Provided grant is invalid or malformed.' },
  70003: {
    status: 400,
    error: 'unsupported_grant_type',
    text: "The app requested an unsupported grant type '{0}'.",
  },
  70008: {
    status: 400,
    error: 'invalid_grant',
    text: 'The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.',
  },
  70011: {
    status: 400,
    error: 'invalid_scope',
    text: "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope {0} is not valid.",
  },
  70016: {
    status: 400,
    error: 'authorization_pending',
    text: 'OAuth 2.0 device flow error. Authorization is pending. Continue polling.',
  },
  70018: {
    status: 400,
    error: 'bad_verification_code',
    text: 'Bad verification code. User might have entered the wrong user code for the device code flow. Authorization is not approved.',
  },
  70020: {
    status: 400,
    error: 'expired_token',
    text: 'The provided value for the input parameter device_code is not valid. This device code has expired.',
    sure: false,
  },
  70043: {
    status: 400,
    error: 'invalid_grant',
    text: 'The refresh token has expired or is invalid due to sign-in frequency checks by Conditional Access. The token was issued on {0} and the maximum allowed lifetime for this request is {1}.',
    suberror: 'bad_token',
  },
  90002: {
    status: 400,
    error: 'invalid_request',
    text: "Tenant '{0}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.",
  },
  90014: {
    status: 400,
    error: 'invalid_request',
    text: "The required field '{0}' is missing from the credential. Ensure that you have all the necessary parameters for the login request.",
  },
  90094: {
    status: 400,
    error: 'access_denied',
    text: 'An administrator of {0} has set a policy that prevents you from granting {1} the permissions it is requesting. Contact an administrator, who can grant permissions to this app on your behalf.',
    sure: false,
  },
  500011: {
    status: 400,
    error: 'invalid_resource',
    text: 'The resource principal named {0} was not found in the tenant named {1}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.',
  },
  500113: {
    status: 400,
    error: 'invalid_request',
    text: 'No reply address is registered for the application.',
    sure: false,
  },
  501481: {
    status: 400,
    error: 'invalid_grant',
    text: 'The Code_Verifier does not match the code_challenge supplied in the authorization request.',
  },
  650053: {
    status: 302,
    error: 'invalid_scope',
    text: "The application '{0}' asked for scope '{1}' that doesn't exist on the resource '{2}'. Contact the app vendor.",
    sure: false,
  },
  650057: {
    status: 400,
    error: 'invalid_resource',
    text: "Invalid resource. The client has requested access to a resource which is not listed in the requested permissions in the client's application registration. Client app ID: {0}({1}). Resource value from request: {2}.",
    sure: false,
  },
  700005: {
    status: 400,
    error: 'invalid_grant',
    text: 'Provided Authorization Code is intended to use against other tenant, thus rejected.',
    sure: false,
  },
  700016: {
    status: 400,
    error: 'unauthorized_client',
    text: "Application with identifier '{0}' was not found in the directory '{1}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.",
  },
  700022: {
    status: 400,
    error: 'invalid_scope',
    text: "The provided value for the input parameter scope '{0}' is not valid because it contains more than one resource.",
    sure: false,
  },
  700024: {
    status: 401,
    error: 'invalid_client',
    text: 'Client assertion is not within its valid time range. Current time: {0}, assertion valid from {1}, expiry time of assertion {2}.',
    sure: false,
  },
  700025: {
    status: 401,
    error: 'invalid_client',
    text: "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
  },
  700027: {
    status: 401,
    error: 'invalid_client',
    text: 'Client assertion contains an invalid signature. [Reason - {0}]',
  },
  700054: {
    status: 302,
    error: 'unsupported_response_type',
    text: "response_type '{0}' is not enabled for the application.",
  },
  700082: {
    status: 400,
    error: 'invalid_grant',
    text: 'The refresh token has expired due to inactivity. The token was issued on {0} and was inactive for 90.00:00:00.',
  },
  700084: {
    status: 400,
    error: 'invalid_grant',
    text: 'The refresh token was issued to a single page app (SPA), and therefore has a fixed, limited lifetime of 1.00:00:00, which cannot be extended. It is now expired and a new sign in request must be sent by the SPA to the sign in page. The token was issued on {0}.',
  },
  700211: {
    status: 401,
    error: 'invalid_client',
    text: "No matching federated identity record found for presented assertion issuer '{0}'.",
    sure: false,
  },
  700212: {
    status: 401,
    error: 'invalid_client',
    text: "No matching federated identity record found for presented assertion audience '{0}'.",
    sure: false,
  },
  700213: {
    status: 401,
    error: 'invalid_client',
    text: "No matching federated identity record found for presented assertion subject '{0}'.",
    sure: false,
  },
  900023: {
    status: 400,
    error: 'invalid_request',
    text: "Specified tenant identifier '{0}' is neither a valid DNS name, nor a valid external domain.",
  },
  900144: {
    status: 400,
    error: 'invalid_request',
    text: "The request body must contain the following parameter: '{0}'.",
  },
  900561: {
    status: 405,
    error: 'invalid_request',
    text: 'The endpoint only accepts POST, OPTIONS requests. Received a {0} request.',
    sure: false,
  },
  1002012: {
    status: 400,
    error: 'invalid_scope',
    text: 'The provided value for scope {0} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).',
  },
  7000112: {
    status: 400,
    error: 'unauthorized_client',
    text: "Application '{0}'({1}) is disabled.",
    sure: false,
  },
  7000215: {
    status: 401,
    error: 'invalid_client',
    text: "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{0}'.",
  },
  7000218: {
    status: 401,
    error: 'invalid_client',
    text: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
  },
  7000222: {
    status: 401,
    error: 'invalid_client',
    text: "The provided client secret keys for app '{0}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.",
  },
  9002325: {
    status: 400,
    error: 'invalid_request',
    text: 'Proof Key for Code Exchange is required for cross-origin authorization code redemption.',
    sure: false,
  },
  9002326: {
    status: 400,
    error: 'invalid_request',
    text: "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type. Request origin: '{0}'.",
  },
  9002327: {
    status: 400,
    error: 'invalid_request',
    text: "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin requests.",
  },
  9010010: {
    status: 400,
    error: 'invalid_resource',
    text: "The resource parameter provided in the request doesn't match with the requested scopes.",
  },
} as const satisfies Record<number, EntraErrorFacts>

export type EntraCode = keyof typeof ENTRA_ERRORS

/** Entra says no. Where it says so (page, redirect, JSON) is decided by the endpoint. */
export class EntraError extends Error {
  override readonly name = 'EntraError'
  readonly code: EntraCode
  readonly facts: EntraErrorFacts

  constructor(code: EntraCode, values: readonly string[] = []) {
    const facts: EntraErrorFacts = ENTRA_ERRORS[code]
    super(facts.text.replace(/\{(\d)\}/g, (_, index: string) => values[Number(index)] ?? ''))
    this.code = code
    this.facts = facts
  }
}
