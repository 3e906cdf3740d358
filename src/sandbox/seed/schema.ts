import type { ManyToMany, SchemaDefinition, TableDefinition } from '../schema.ts'
import { guid } from './columns.ts'
import { type DeclaredTable, table } from './table.ts'
import { account } from './tables/account.ts'
import { activities } from './tables/activities.ts'
import { contact } from './tables/contact.ts'
import { opportunity } from './tables/opportunity.ts'
import { organization } from './tables/organization.ts'
import { sales } from './tables/sales.ts'
import { samples } from './tables/samples.ts'

/** Every table of a new sandbox, with all relationships between them. */

const manyToMany: readonly ManyToMany[] = [
  pair('accountleads_association', 'accountleads', ['account', 'lead']),
  pair('contactleads_association', 'contactleads', ['contact', 'lead']),
  pair('opportunitycompetitors_association', 'opportunitycompetitors', ['opportunity', 'competitor']),
  pair('systemuserroles_association', 'systemuserroles', ['systemuser', 'role']),
  pair('teamroles_association', 'teamroles', ['team', 'role']),
  pair('teammembership_association', 'teammembership', ['team', 'systemuser']),
]

const declared: readonly DeclaredTable[] = [
  account,
  contact,
  opportunity,
  ...sales,
  ...activities,
  ...organization,
  ...samples,
  ...manyToMany.map(intersectTable),
]

export const sandboxSchema: SchemaDefinition = {
  tables: declared.map((one): TableDefinition => one.table),
  oneToMany: declared.flatMap(({ oneToMany }) => oneToMany),
  manyToMany,
}

function pair(
  schemaName: string,
  intersectTable: string,
  [table1, table2]: readonly [string, string],
): ManyToMany {
  return {
    schemaName,
    intersectTable,
    table1,
    column1: `${table1}id`,
    navigation1: schemaName,
    table2,
    column2: `${table2}id`,
    navigation2: schemaName,
  }
}

function intersectTable(
  { intersectTable: name, column1, column2 }: ManyToMany,
  index: number,
): DeclaredTable {
  return table({
    name,
    set: name === 'teammembership' ? 'teammemberships' : `${name}collection`,
    label: name,
    plural: name,
    code: 10_100 + index,
    key: `${name}id`,
    ownership: 'None',
    kind: 'Intersect',
    changeTracking: false,
    columns: [guid(column1, column1, { update: false }), guid(column2, column2, { update: false })],
  })
}
