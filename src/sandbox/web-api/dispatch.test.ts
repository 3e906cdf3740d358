import { describe, expect, test } from 'vitest'
import { testSandbox } from '../sandbox.test-support.ts'

const { ask } = testSandbox()

const errorIn = async (response: Response) => ({
  status: response.status,
  ...JSON.parse(await response.text()).error,
})

describe('what a request means', () => {
  test('the root is the service document, sorted, metadata sets included', async () => {
    const body = JSON.parse(await (await ask('')).text())
    const names: string[] = body.value.map(({ name }: { name: string }) => name)
    expect(names).toEqual([...names].sort())
    expect(body.value).toContainEqual({ name: 'accounts', kind: 'EntitySet', url: 'accounts' })
    expect(names).toContain('EntityDefinitions')
  })

  test('$metadata is XML, with annotations by parameter or by preference', async () => {
    const plain = await ask('$metadata')
    expect(plain.headers.get('content-type')).toBe('application/xml')
    expect(await plain.text()).not.toContain('Org.OData.Capabilities')
    expect(await (await ask('$metadata?annotations=true')).text()).toContain('Org.OData.Capabilities')
    const preferred = await ask('$metadata', { headers: { prefer: 'odata.include-annotations="*"' } })
    expect(await preferred.text()).toContain('Org.OData.Capabilities')
  })

  test('metadata, functions with and without brackets, rows and a batch each find their operation', async () => {
    expect((await ask("EntityDefinitions(LogicalName='account')?$select=LogicalName")).status).toBe(200)
    expect((await ask('WhoAmI')).status).toBe(200)
    expect((await ask('WhoAmI()')).status).toBe(200)
    expect((await ask('accounts')).status).toBe(200)
    expect((await ask('accounts', { method: 'POST', body: '{}' })).status).toBe(204)
    const inner = await ask('$batch', { method: 'POST', body: 'x' })
    expect(await inner.text()).toContain('WhoAmIResponse')
  })

  test('a function is got, by no other method', async () => {
    expect(await errorIn(await ask('WhoAmI', { method: 'POST', body: '{}' }))).toEqual({
      status: 405,
      code: '0x8006088a',
      message: "The requested resource does not support http method 'POST'.",
    })
  })

  test('an unknown segment is 404 with its name', async () => {
    expect(await errorIn(await ask('ontacts(1)'))).toEqual({
      status: 404,
      code: '0x8006088a',
      message: "Resource not found for the segment 'ontacts'.",
    })
  })

  test('what is not emulated says so with 501', async () => {
    expect(
      await errorIn(await ask('GlobalOptionSetDefinitions', { method: 'POST', body: '{}' })),
    ).toMatchObject({
      status: 501,
      message: expect.stringContaining('does not emulate'),
    })
    expect(await errorIn(await ask('RetrieveAuditDetails(BusinessEntity=@p1)'))).toMatchObject({
      status: 501,
      message: 'The sandbox does not emulate the function RetrieveAuditDetails.',
    })
    expect(await errorIn(await ask('asyncoperations?$top=1'))).toMatchObject({
      status: 501,
      message: 'The sandbox does not emulate the table behind asyncoperations.',
    })
    const full = await ask('accounts', { headers: { accept: 'application/json;odata.metadata=full' } })
    expect(await errorIn(full)).toMatchObject({
      status: 501,
      message: expect.stringContaining('odata.metadata=full'),
    })
  })

  test('a method that nothing takes is 405', async () => {
    expect((await ask('$batch')).status).toBe(405)
    expect((await ask('$metadata', { method: 'POST', body: '' })).status).toBe(405)
  })
})

describe('errors', () => {
  test('are code and message; details come when the preference matches them', async () => {
    expect(Object.keys(await errorIn(await ask('x')))).toEqual(['status', 'code', 'message'])
    const all = await errorIn(await ask('x', { headers: { prefer: 'odata.include-annotations="*"' } }))
    expect(all).toMatchObject({
      '@Microsoft.PowerApps.CDS.ErrorDetails.ApiExceptionHttpStatusCode': '404',
      '@Microsoft.PowerApps.CDS.HelpLink':
        'http://go.microsoft.com/fwlink/?LinkID=398563&error=Microsoft.Crm.CrmException%3a8006088a&client=platform',
    })
    const prefer =
      'odata.include-annotations="OData.Community.Display.V1.FormattedValue,Microsoft.PowerApps.CDS.ErrorDetails*"'
    const some = Object.keys(await errorIn(await ask('x', { headers: { prefer } })))
    expect(some).toContain('@Microsoft.PowerApps.CDS.ErrorDetails.OperationStatus')
    expect(some).not.toContain('@Microsoft.PowerApps.CDS.HelpLink')
  })

  test('a failure inside the sandbox is a 500 that does not tell what the data was', async () => {
    const error = await errorIn(await ask('contacts'))
    expect(error).toMatchObject({ status: 500, code: '0x80040216' })
    expect(error.message).not.toContain('a mistake in the sandbox')
  })
})

describe('Preference-Applied', () => {
  const applied = async (prefer: string, path = 'accounts') =>
    (await ask(path, { headers: { prefer } })).headers.get('preference-applied')

  test('echoes what an answer honoured, page size first', async () => {
    expect(await applied('odata.include-annotations="*",odata.maxpagesize=3')).toBe(
      'odata.maxpagesize=3, odata.include-annotations="*"',
    )
    expect(await applied('return=representation')).toBeNull()
    expect(await applied('odata.maxpagesize=3', 'nothing')).toBeNull()
  })

  test('puts annotations in quotes, whether or not they came in quotes', async () => {
    expect(await applied('odata.include-annotations=OData.Community.Display.V1.FormattedValue')).toBe(
      'odata.include-annotations="OData.Community.Display.V1.FormattedValue"',
    )
  })

  test.each(['accounts?$top=2', `accounts?fetchXml=<fetch count="1"><entity name="account" /></fetch>`])(
    'leaves out the page size for %s',
    async (path) => {
      expect(await applied('odata.maxpagesize=3,odata.include-annotations="*"', path)).toBe(
        'odata.include-annotations="*"',
      )
    },
  )
})
