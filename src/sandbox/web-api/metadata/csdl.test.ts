import { DOMParser, type Element } from '@xmldom/xmldom'
import { describe, expect, test } from 'vitest'
import { sandboxSchema } from '../../seed/schema.ts'
import { createSchema } from '../../store/schema-index.ts'
import { BOUND_FUNCTIONS, FUNCTIONS } from '../functions.ts'
import { ACTIONS, ROW_ACTIONS } from '../write/actions.ts'
import { csdl } from './csdl.ts'

const schema = createSchema(sandboxSchema)
const plain = csdl(schema, { annotations: false })
const document = new DOMParser().parseFromString(plain, 'application/xml')
const elements = (name: string, within: Element | typeof document = document): Element[] =>
  Array.from(within.getElementsByTagName(name))
const named = (tag: string, name: string): Element => {
  const found = elements(tag).find((element) => element.getAttribute('Name') === name)
  if (!found) throw new Error(`no ${tag} ${name}`)
  return found
}
const children = (of: Element, tag: string): Element[] =>
  elements(tag, of).filter((element) => element.parentNode === of)
const attributes = (of: Element | undefined): Record<string, string> =>
  Object.fromEntries(Array.from(of?.attributes ?? []).map(({ name, value }) => [name, value]))

describe('$metadata', () => {
  test('an entity type has its key, and properties typed as the service types them', () => {
    const account = named('EntityType', 'account')
    expect(attributes(account)).toEqual({ Name: 'account', BaseType: 'mscrm.crmbaseentity' })
    expect(elements('PropertyRef', account).map((ref) => ref.getAttribute('Name'))).toContain('accountid')
    const property = (name: string) =>
      attributes(children(account, 'Property').find((element) => element.getAttribute('Name') === name))
    expect(property('name')).toEqual({ Name: 'name', Type: 'Edm.String', Unicode: 'false' })
    expect(property('revenue')).toEqual({ Name: 'revenue', Type: 'Edm.Decimal', Scale: 'Variable' })
    expect(property('_primarycontactid_value')).toEqual({ Name: '_primarycontactid_value', Type: 'Edm.Guid' })
    expect(property('versionnumber')).toEqual({ Name: 'versionnumber', Type: 'Edm.Int64' })
    expect(property('statuscodename')).toEqual({})
  })

  test('a lookup is tied to its column, its partner and its target', () => {
    const lookup = children(named('EntityType', 'account'), 'NavigationProperty').find(
      (element) => element.getAttribute('Name') === 'primarycontactid',
    )
    expect(attributes(lookup)).toEqual({
      Name: 'primarycontactid',
      Type: 'mscrm.contact',
      Nullable: 'false',
      Partner: 'account_primary_contact',
    })
    expect(attributes(lookup && elements('ReferentialConstraint', lookup)[0])).toEqual({
      Property: '_primarycontactid_value',
      ReferencedProperty: 'contactid',
    })
  })

  test('activities inherit their key and columns, users inherit from principal', () => {
    const task = named('EntityType', 'task')
    expect(task.getAttribute('BaseType')).toBe('mscrm.activitypointer')
    expect(children(task, 'Key')).toEqual([])
    expect(children(task, 'Property').map((element) => element.getAttribute('Name'))).not.toContain('subject')
    const user = named('EntityType', 'systemuser')
    expect(user.getAttribute('BaseType')).toBe('mscrm.principal')
    expect(children(user, 'Key')).toEqual([])
  })

  test('every type that is named exists, and every binding ends at an entity set', () => {
    const types = new Set(
      ['EntityType', 'ComplexType', 'EnumType'].flatMap((tag) =>
        elements(tag).map((element) => element.getAttribute('Name')),
      ),
    )
    const used = [...plain.matchAll(/(?:Type|BaseType|EntityType)="(?:Collection\()?mscrm\.([\w]+)/g)].map(
      ([, name]) => name,
    )
    expect([...new Set(used.filter((name) => !types.has(name ?? '')))]).toEqual([])
    const sets = new Set(elements('EntitySet').map((element) => element.getAttribute('Name')))
    const targets = elements('NavigationPropertyBinding').map((element) => element.getAttribute('Target'))
    expect(targets.filter((target) => !sets.has(target))).toEqual([])
  })

  test('no type has two properties of one name', () => {
    for (const type of elements('EntityType')) {
      const names = [...children(type, 'Property'), ...children(type, 'NavigationProperty')].map((element) =>
        element.getAttribute('Name'),
      )
      expect({
        type: type.getAttribute('Name'),
        twice: names.filter((name, at) => names.indexOf(name) !== at),
      }).toEqual({
        type: type.getAttribute('Name'),
        twice: [],
      })
    }
  })

  test.each([
    ['Function', FUNCTIONS, BOUND_FUNCTIONS],
    ['Action', ACTIONS, ROW_ACTIONS],
  ])('every %s the sandbox answers is declared, and imported unless it is bound', (kind, unbound, bound) => {
    const declared = elements(kind).map((element) => element.getAttribute('Name'))
    const imported = elements(`${kind}Import`).map((element) => element.getAttribute('Name'))
    const names = [...unbound.keys(), ...[...bound.keys()].map((name) => name.replace(/.*\./, ''))]
    expect(names.filter((name) => !declared.includes(name))).toEqual([])
    expect([...unbound.keys()].filter((name) => !imported.includes(name))).toEqual([])
  })

  test('vocabulary annotations come only when asked for; alternate keys are always there', () => {
    const annotated = csdl(schema, { annotations: true })
    expect(plain).not.toContain('Org.OData.')
    expect(annotated).toContain('<Annotation Term="Org.OData.Capabilities.V1.ChangeTracking">')
    expect(annotated).toContain('<Annotation Term="Org.OData.Core.V1.Computed" Bool="true" />')
    expect(plain).toContain('<PropertyValue Property="Name" PropertyPath="accountnumber" />')
    expect(() => new DOMParser().parseFromString(annotated, 'application/xml')).not.toThrow()
  })
})
