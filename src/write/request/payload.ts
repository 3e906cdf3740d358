import type { Cell } from '../check/resolve-lookups.ts'

/**
 * The JSON body of a row. Numbers are printed digit by digit, lookups bind by their navigation property
 * (case-sensitive), and clearing a lookup clears every table it may point to.
 */
export function payload(cells: readonly Cell[]): string {
  return `{${cells.flatMap(members).join(',')}}`
}

/** One member of a body: a name and a JSON value, both as text. */
export function member(name: string, json: string): string {
  return `${JSON.stringify(name)}:${json}`
}

function members({ column, value }: Cell): string[] {
  switch (value.kind) {
    case 'lookup': {
      const { navigation, entitySet } = value.target
      return [member(`${navigation}@odata.bind`, JSON.stringify(`/${entitySet}(${value.id})`))]
    }
    case 'null':
      return column.targets
        ? [...new Set(column.targets.map(({ navigation }) => navigation))].map((navigation) =>
            member(`${navigation}@odata.bind`, 'null'),
          )
        : [member(column.property, 'null')]
    case 'text':
      return [member(column.property, JSON.stringify(value.text))]
    case 'number':
      return [member(column.property, value.digits)]
    case 'boolean':
      return [member(column.property, String(value.value))]
  }
}
