import type { RoleName } from './directory.ts'

/** What each security role may do. Depth below the organization is not told apart. */

export type RolePrivilege = 'Create' | 'Read' | 'Write' | 'Delete' | 'Append' | 'AppendTo'

export const ROLE_IDS: Readonly<Record<RoleName, string>> = {
  'System Administrator': 'b0000000-0000-4000-8000-000000000001',
  Salesperson: 'b0000000-0000-4000-8000-000000000002',
  'Account Reader': 'b0000000-0000-4000-8000-000000000003',
}

/** Tables everybody with a role may read: without them not even WhoAmI's user has a name. */
const COMMON_READ = [
  'systemuser',
  'team',
  'businessunit',
  'role',
  'systemuserroles',
  'transactioncurrency',
  'organization',
  'savedquery',
  'sdkmessage',
  'sdkmessagefilter',
  'entityimageconfig',
  'attributeimageconfig',
]

const SALES_TABLES = [
  'account',
  'contact',
  'lead',
  'opportunity',
  'incident',
  'competitor',
  'activitypointer',
  'task',
  'email',
  'phonecall',
  'appointment',
  'letter',
  'queueitem',
  'activityparty',
  'annotation',
  'accountleads',
  'contactleads',
  'opportunitycompetitors',
  'userquery',
]

/** Does a user with these roles hold the privilege on the table? */
export function rolesGrant(roles: readonly string[], privilege: RolePrivilege, table: string): boolean {
  return roles.some((role) => {
    if (role === 'System Administrator') return true
    if (privilege === 'Read' && COMMON_READ.includes(table)) return true
    if (role === 'Account Reader') return privilege === 'Read' && (table === 'account' || table === 'contact')
    if (role !== 'Salesperson') return false
    if (table === 'product' || table === 'queue') return privilege === 'Read' || privilege === 'AppendTo'
    return SALES_TABLES.includes(table) && !(privilege === 'Delete' && table === 'account')
  })
}

/** Privileges that belong to no table. */
export function mayActOnBehalf(roles: readonly string[]): boolean {
  return roles.includes('System Administrator')
}

/** Who may keep custom logic from running: administrators, unless an environment gives the privilege to others. */
export function mayBypassLogic(roles: readonly string[]): boolean {
  return roles.includes('System Administrator')
}
