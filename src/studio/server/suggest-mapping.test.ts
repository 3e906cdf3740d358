import { expect, test } from 'vitest'
import { suggestMapping } from './suggest-mapping.ts'

const column = (name: string, label: string) => ({
  name,
  label,
  type: 'string' as const,
  serviceType: '',
  property: name,
  required: false,
  creatable: true,
  updatable: true,
  readable: true,
})

const TABLE = {
  primaryKey: 'contactid',
  columns: [
    column('contactid', 'Contact'),
    column('lastname', 'Last Name'),
    column('emailaddress1', 'Email'),
    column('telephone1', 'Business Phone'),
    column('parentcustomerid', 'Company Name'),
    {
      ...column('preferreduserid', 'Preferred User'),
      targets: [{ table: 'systemuser', navigation: 'preferreduserid' }],
    },
    column('address1_city', 'Address 1: City'),
    { ...column('createdon', 'Created On'), creatable: false, updatable: false },
  ],
}

test('columns are found by name, by label and by what is near, each once; what cannot be written is left out', () => {
  expect(
    suggestMapping(
      [
        'LASTNAME',
        'E-Mail',
        'business phone',
        'parentcustomerid.accountnumber',
        'telephon1',
        'Created On',
        'Colour',
        'Preferred',
        'City',
      ],
      TABLE,
    ),
  ).toEqual({
    LASTNAME: 'lastname',
    'E-Mail': 'emailaddress1',
    'business phone': 'telephone1',
    'parentcustomerid.accountnumber': 'parentcustomerid.accountnumber',
    telephon1: null,
    'Created On': null,
    Colour: null,
    Preferred: null,
    City: 'address1_city',
  })
})
