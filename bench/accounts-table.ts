import type { Column, Table } from '../src/catalog/table.ts'
import { COLUMNS } from './rows.ts'

/** The table of the benchmark's rows, as metadata would describe it. */
export const TABLE: Table = {
  name: 'account',
  label: 'Account',
  pluralLabel: 'Accounts',
  entitySet: 'accounts',
  primaryKey: 'accountid',
  primaryName: 'name',
  kind: 'standard',
  custom: false,
  columns: COLUMNS.map(column),
  keys: [],
  relationships: [],
  changeTracking: true,
  optimisticConcurrency: true,
}

function column(property: string): Column {
  const lookup = /^_(.+)_value$/.exec(property)?.[1]
  return {
    name: lookup ?? property,
    label: property,
    type: lookup
      ? 'lookup'
      : property === 'revenue'
        ? 'money'
        : property.endsWith('code') || property === 'numberofemployees'
          ? 'integer'
          : 'string',
    serviceType: '',
    property,
    required: false,
    creatable: true,
    updatable: true,
    readable: true,
  }
}
