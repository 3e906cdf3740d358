import type { ServiceFault } from './capabilities.ts'

/** Error codes of Dataverse: what each means and where it is put right. */

const USERS =
  'Power Platform admin center > Manage > Environments > (environment) > Settings > Users + permissions'

/** Seen with other statuses than 429 inside batches. */
const THROTTLED: ServiceFault = {
  cause: 'A service protection limit of this user was reached.',
  fix: 'Wait and try again, lower --parallel, or spread the work over several application users.',
  means: 'THROTTLED',
}

export const DATAVERSE_FAULTS: Readonly<Record<string, ServiceFault>> = {
  '0x80072560': {
    cause: 'The sign-in worked, but this environment does not know the application or person.',
    fix: `${USERS} > Application users > + New app user, and choose the app with this Client ID; for a person: Users > + Add user.`,
  },
  '0x80042f09': {
    cause: 'The environment knows the user, but no security role was given to it.',
    fix: `${USERS} > Application users (or Users) > select it > Edit security roles.`,
  },
  '0x80040220': {
    cause: "None of the user's security roles grants this privilege on this table.",
    fix: `${USERS} > Security roles > a role of the user > the table > grant the privilege named in the message.`,
  },
  '0x80048306': {
    cause: 'The privilege is there, but not for this row: it belongs to somebody outside its depth.',
    fix: 'Raise the depth of the privilege to Organization in the security role, or share the row.',
  },
  '0x80040225': {
    cause: 'The user is disabled in this environment.',
    fix: `${USERS} > Application users > select it > Activate; for a person, assign a licence.`,
  },
  '0x80041d1f': {
    cause: 'The user is disabled in this environment, perhaps because it has no licence.',
    fix: `${USERS} > Users > enable it, and assign a licence in the Microsoft 365 admin center.`,
  },
  '0x8004d24b': {
    cause: 'The user has no licence.',
    fix: 'Microsoft 365 admin center > Users > Active users > (user) > Licenses and apps.',
  },
  '0x80072322': THROTTLED,
  '0x80072321': THROTTLED,
  '0x80072326': THROTTLED,
  '0x80040217': {
    cause: 'There is no row with that id.',
    fix: 'Check the id; the row may have been deleted.',
    means: 'NOT_FOUND',
  },
  '0x80060891': {
    cause: 'No row has those key values.',
    fix: 'Check the values of the key columns.',
    means: 'NOT_FOUND',
  },
  '0x80060882': {
    cause: 'Somebody else changed the row since it was read.',
    fix: 'Read the row again and repeat the change on what it holds now.',
    means: 'CONFLICT',
  },
  '0x80040333': {
    cause: 'A duplicate detection rule found a row like this one.',
    fix: 'Update the existing row instead, or write without duplicate detection.',
    // Answered with 412, in older versions with 500.
    means: 'CONFLICT',
  },
  '0x80044352': { cause: 'The change tracking token is too old.', fix: 'Load the table in full once more.' },
  '0x8004e023': {
    cause: 'The aggregate runs over more than 50,000 rows.',
    fix: 'Filter it, or split it by ranges.',
  },
}
