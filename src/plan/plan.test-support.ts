import { dataverse } from '../capabilities/dataverse.ts'
import type { Column, ColumnType, Table } from '../catalog/table.ts'
import { printFilter, printOrder } from '../odata/print-filter.ts'
import { parseStatement } from './parse.ts'
import { type PlanOptions, planQuery, type QueryPlan, type RemoteScan } from './plan.ts'

/** A small environment, and plans as short texts. */

function column(name: string, type: ColumnType, more: Partial<Column> = {}): Column {
  return {
    name,
    label: name,
    type,
    serviceType: type,
    property: type === 'lookup' ? `_${name}_value` : name,
    required: false,
    creatable: true,
    updatable: true,
    readable: true,
    ...more,
  }
}

function table(name: string, entitySet: string, columns: readonly Column[]): Table {
  return {
    name,
    label: name,
    pluralLabel: name,
    entitySet,
    primaryKey: `${name}id`,
    primaryName: 'name',
    kind: 'standard',
    custom: false,
    columns: [column(`${name}id`, 'guid', { required: true }), ...columns],
    keys: [],
    relationships: [],
    changeTracking: true,
    optimisticConcurrency: true,
  }
}

const STATES = [
  { value: 0, label: 'Active' },
  { value: 1, label: 'Inactive' },
]

export const TABLES: readonly Table[] = [
  table('account', 'accounts', [
    column('name', 'string'),
    column('revenue', 'money', { precision: 2 }),
    column('total', 'money', { precision: 2 }),
    column('total_base', 'money', { precision: 4 }),
    column('numberofemployees', 'integer'),
    column('versionnumber', 'bigint'),
    column('latitude', 'double'),
    column('creditonhold', 'boolean', {
      choices: [
        { value: 0, label: 'No' },
        { value: 1, label: 'Yes' },
      ],
    }),
    column('statecode', 'choice', { choices: STATES }),
    column('tags', 'choices', { choices: STATES }),
    column('createdon', 'datetime'),
    column('founded', 'date'),
    column('localon', 'datetime', { timeZoneIndependent: true }),
    column('primarycontactid', 'lookup', { targets: [{ table: 'contact', navigation: 'primarycontactid' }] }),
    column('secret', 'string', { readable: false }),
  ]),
  table('contact', 'contacts', [
    column('fullname', 'string'),
    column('emailaddress1', 'string'),
    column('createdon', 'datetime'),
    column('parentcustomerid', 'lookup', {
      targets: [
        { table: 'account', navigation: 'parentcustomerid_account' },
        { table: 'contact', navigation: 'parentcustomerid_contact' },
      ],
    }),
  ]),
]

export async function plan(text: string, options: Partial<PlanOptions> = {}): Promise<QueryPlan> {
  return planQuery(await parseStatement(text), {
    tables: new Map(
      TABLES.flatMap((one): [string, Table][] => [
        [one.name, one],
        [`prod.${one.name}`, one],
      ]),
    ),
    annotations: dataverse.read.annotations,
    fetchXml: dataverse.read.fetchXml,
    now: Date.UTC(2026, 0, 31, 12),
    ...options,
  })
}

/** `account(name) filter revenue gt 5 order createdon desc top 3` */
export function describeScan(scan: RemoteScan): string {
  const {
    system,
    table: { name, primaryKey },
    columns,
    filter,
    order,
    top,
    aggregate,
  } = scan
  const own = columns.filter((one) => one !== primaryKey)
  return [
    `${system === undefined ? '' : `${system}.`}${name}(${own.join(',')})`,
    ...(filter.length === 0 ? [] : [`filter ${printFilter(filter)}`]),
    ...(order.length === 0 ? [] : [`order ${printOrder(order)}`]),
    ...(top === undefined ? [] : [`top ${top}`]),
    ...(aggregate === undefined
      ? []
      : [
          `group ${aggregate.groups.map(({ column, unit }) => (unit ? `${unit} of ${column.name}` : column.name)).join(',')}`,
        ]),
    ...(aggregate?.results ?? []).map(
      (result) => `${result.name}=${result.method}(${result.column?.name ?? ''})`,
    ),
  ].join(' ')
}

export async function scansOf(text: string, options: Partial<PlanOptions> = {}): Promise<string[]> {
  return (await plan(text, options)).scans.map(describeScan)
}
