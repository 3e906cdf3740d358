import type { World, WorldColumn, WorldRow, WorldTable, WorldValue } from './world.ts'

/** Makes a world in an environment, by plain requests: its tables first, then its rows. */
export interface Environment {
  /** With a trailing slash. */
  readonly root: string
  readonly token: string
}

export async function makeWorld(world: World, environment: Environment): Promise<void> {
  const send = (method: string, path: string, body: string) => request({ method, path, body }, environment)
  for (const table of world.tables) await makeTable(table, send)
  for (const table of world.tables) {
    // Of a table that points to itself, the rows are there before any of them points.
    const [early, late] = split(table)
    await inGroups(table.rows, async (row) => send('POST', table.set, await bodyOf(row, early, world)))
    await inGroups(late.length === 0 ? [] : table.rows, async (row) =>
      send('PATCH', `${table.set}(${row[table.key]})`, await bodyOf(row, late, world)),
    )
  }
}

type Send = (method: string, path: string, body: string) => Promise<void>

async function request(
  { method, path, body }: { readonly method: string; readonly path: string; readonly body: string },
  { root, token }: Environment,
): Promise<void> {
  const response = await fetch(new URL(path, root), {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body,
  })
  const said = await response.text()
  if (!response.ok) throw new Error(`${method} ${path} ${body}: ${response.status} ${said}`)
}

const label = (Label: string) => ({ LocalizedLabels: [{ Label, LanguageCode: 1033 }] })

async function makeTable({ name, columns, label: primary }: WorldTable, send: Send): Promise<void> {
  const attributes = columns
    .filter(({ kind }) => kind !== 'guid' && kind !== 'lookup')
    .map((column) => ({ ...attributeOf(column), IsPrimaryName: column.name === primary }))
  const body = {
    '@odata.type': 'Microsoft.Dynamics.CRM.EntityMetadata',
    SchemaName: name,
    DisplayName: label(name),
    DisplayCollectionName: label(`${name}s`),
    OwnershipType: 'UserOwned',
    Attributes: attributes.filter(({ IsPrimaryName }) => IsPrimaryName),
  }
  await send('POST', 'EntityDefinitions', JSON.stringify(body))
  for (const { IsPrimaryName, ...attribute } of attributes)
    if (!IsPrimaryName)
      await send('POST', `EntityDefinitions(LogicalName='${name}')/Attributes`, JSON.stringify(attribute))
  for (const column of columns) if (column.kind === 'lookup') await makeLookup(name, column, send)
}

function attributeOf(column: WorldColumn) {
  const { type, ...more } = typeOf(column)
  return {
    '@odata.type': `Microsoft.Dynamics.CRM.${type}AttributeMetadata`,
    SchemaName: column.name,
    DisplayName: label(column.name),
    ...more,
  }
}

function typeOf({ kind, precision = 0, labels = {} }: WorldColumn): {
  readonly type: string
  readonly [property: string]: unknown
} {
  const OptionSet = {
    Options: Object.entries(labels).map(([Value, text]) => ({ Value: Number(Value), Label: label(text) })),
  }
  const WIDE = { MinValue: -100_000_000_000, MaxValue: 100_000_000_000 }
  switch (kind) {
    case 'text':
      return { type: 'String', MaxLength: 200 }
    case 'memo':
      return { type: 'Memo', MaxLength: 4000 }
    case 'integer':
      return { type: 'Integer' }
    case 'bigint':
      return { type: 'BigInt' }
    case 'decimal':
      return { type: 'Decimal', Precision: precision }
    case 'double':
      return { type: 'Double', Precision: precision, ...WIDE }
    case 'money':
      return { type: 'Money', Precision: precision }
    case 'boolean':
      return {
        type: 'Boolean',
        OptionSet: {
          TrueOption: { Value: 1, Label: label(labels[1] ?? '') },
          FalseOption: { Value: 0, Label: label(labels[0] ?? '') },
        },
      }
    case 'choice':
      return { type: 'Picklist', OptionSet }
    case 'choices':
      return { type: 'MultiSelectPicklist', OptionSet }
    case 'day':
      return { type: 'DateTime', DateTimeBehavior: { Value: 'DateOnly' } }
    case 'moment':
      return { type: 'DateTime' }
    case 'independent':
      return { type: 'DateTime', DateTimeBehavior: { Value: 'TimeZoneIndependent' } }
    default:
      throw new Error(`${kind} is not made as a column`)
  }
}

async function makeLookup(table: string, { name, targets = [] }: WorldColumn, send: Send): Promise<void> {
  const Lookup = {
    '@odata.type': 'Microsoft.Dynamics.CRM.LookupAttributeMetadata',
    SchemaName: name,
    DisplayName: label(name),
  }
  const relations = targets.map((target) => ({
    '@odata.type': 'Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata',
    SchemaName: `${table}_${name}_${target}`,
    ReferencedEntity: target,
    ReferencingEntity: table,
  }))
  const [only, more] = relations
  if (more === undefined) await send('POST', 'RelationshipDefinitions', JSON.stringify({ ...only, Lookup }))
  else
    await send(
      'POST',
      'CreatePolymorphicLookupAttribute',
      JSON.stringify({
        OneToManyRelationships: relations,
        Lookup: { ...Lookup, '@odata.type': 'Microsoft.Dynamics.CRM.ComplexLookupAttributeMetadata' },
      }),
    )
}

/** Columns that can be written at once, and those that point to rows of the same table. */
function split({ name, columns }: WorldTable): readonly [readonly WorldColumn[], readonly WorldColumn[]] {
  const isLate = ({ targets }: WorldColumn): boolean => targets?.includes(name) ?? false
  return [columns.filter((column) => !isLate(column)), columns.filter(isLate)]
}

const AT_ONCE = 8

async function inGroups(rows: readonly WorldRow[], work: (row: WorldRow) => Promise<void>): Promise<void> {
  for (let from = 0; from < rows.length; from += AT_ONCE)
    await Promise.all(rows.slice(from, from + AT_ONCE).map(work))
}

/** JSON with numbers as digits: none of them goes through a float. */
function bodyOf(row: WorldRow, columns: readonly WorldColumn[], world: World): string {
  const members = columns.flatMap((column) => {
    const value = row[column.name] ?? null
    if (value === null) return []
    if (column.kind !== 'lookup') return [`${JSON.stringify(column.name)}:${jsonOf(column, value)}`]
    const [table = '', id = ''] = String(value).split(':')
    const set = world.tables.find(({ name }) => name === table)?.set
    const many = (column.targets?.length ?? 0) > 1
    return [`${JSON.stringify(`${column.name}${many ? `_${table}` : ''}@odata.bind`)}:"/${set}(${id})"`]
  })
  return `{${members.join(',')}}`
}

const DIGITS = new Set(['integer', 'bigint', 'decimal', 'double', 'money', 'choice'])

function jsonOf({ kind }: WorldColumn, value: Exclude<WorldValue, null>): string {
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'object') return JSON.stringify(value.join(','))
  return DIGITS.has(kind) ? String(value) : JSON.stringify(value)
}
