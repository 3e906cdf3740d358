import type { Column, Table } from '../../catalog/table.ts'
import { D365Error } from '../../core/errors.ts'
import type { WriteEnvironment } from '../environment.ts'

/** How a table of pairs is written: from one side, through its navigation property. */
export interface Association {
  readonly near: AssociationSide
  readonly far: AssociationSide
  /** Property of the near side's rows, case-sensitive. */
  readonly navigation: string
}

export interface AssociationSide {
  /** Column of the table of pairs. */
  readonly column: string
  readonly table: string
  readonly entitySet: string
}

export async function readAssociation(
  table: Table,
  { session, catalog }: Pick<WriteEnvironment, 'session' | 'catalog'>,
  signal: AbortSignal | undefined,
): Promise<Association> {
  const { body } = await session.request({
    method: 'GET',
    path: session.capabilities.metadata.association(table.name),
    signal,
  })
  const answer: unknown = JSON.parse(new TextDecoder().decode(body))
  const [found, ...more] = listOf(answer)
  const facts = found && textsOf(found)
  if (!facts || more.length > 0)
    throw new D365Error('NOT_FOUND', `No relationship between two tables keeps its rows in ${table.name}.`, {
      hint: 'Its rows are made by the service; write the tables it stands between.',
    })
  const [first, second] = await Promise.all(
    [facts.Entity1LogicalName, facts.Entity2LogicalName].map((name = '') => catalog.table(name, { signal })),
  )
  if (!first || !second) throw new D365Error('BUG', `${table.name} has one side only.`)
  return {
    near: { column: facts.Entity1IntersectAttribute ?? '', table: first.name, entitySet: first.entitySet },
    far: { column: facts.Entity2IntersectAttribute ?? '', table: second.name, entitySet: second.entitySet },
    navigation: facts.Entity1NavigationPropertyName ?? '',
  }
}

/** The two columns as lookups, which is what they are. */
export function pairsTable(table: Table, { near, far }: Association): Table {
  const columns = [near, far].map(({ column, table: target }): Column => {
    const own = table.columns.find(({ name }) => name === column)
    const base = own ?? { name: column, label: column, property: column, readable: true }
    return {
      ...base,
      type: 'lookup',
      serviceType: 'LookupType',
      required: true,
      creatable: true,
      updatable: false,
      targets: [{ table: target, navigation: column }],
    }
  })
  const primary = table.columns.filter(({ name }) => name === table.primaryKey)
  return { ...table, columns: [...columns, ...primary], keys: [] }
}

function listOf(answer: unknown): readonly object[] {
  const value = typeof answer === 'object' && answer !== null && 'value' in answer ? answer.value : []
  return Array.isArray(value) ? value.filter((one) => typeof one === 'object' && one !== null) : []
}

function textsOf(found: object): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(found).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  )
}
