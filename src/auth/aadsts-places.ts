/** Where things are in Microsoft's admin pages, named once: menus move, and then one line moves with them. */
export const APP = 'entra.microsoft.com > Entra ID > App registrations > your app'
export const ENTERPRISE_APP = 'entra.microsoft.com > Entra ID > Enterprise applications > the app'
export const USERS = 'entra.microsoft.com > Entra ID > Users'
export const SIGN_IN_LOGS = 'entra.microsoft.com > Entra ID > Monitoring > Sign-in logs'
export const SIGN_IN_AGAIN = 'Sign in again: run `d365 login`.'
