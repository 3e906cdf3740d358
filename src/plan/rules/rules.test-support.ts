import { dataverse } from '../../capabilities/dataverse.ts'
import { fetchRequest } from '../../engine/fetch-request.ts'
import { odataRequest } from '../../engine/odata-request.ts'
import { plan } from '../plan.test-support.ts'

export interface Asked {
  /** Requests as people read them: FetchXML without the columns it asks for. */
  readonly requests: readonly string[]
  readonly localSql: string
  /** Why parts of it stay here, those of each scan and those of none. */
  readonly local: readonly string[]
}

export interface AskedOptions {
  /** Shows the columns that FetchXML asks for, too. Default false. */
  readonly attributes?: boolean
}

export async function asked(text: string, { attributes = false }: AskedOptions = {}): Promise<Asked> {
  const { scans, localSql, local } = await plan(text)
  const requests = scans.map((scan) => {
    const print = scan.language === 'odata' ? odataRequest : fetchRequest
    const path = decodeURIComponent(print(scan, dataverse.read).request.path)
    return readable(attributes ? path : path.replace(/<attribute [^>]*\/>/g, ''))
  })
  return { requests, localSql, local: [...local, ...scans.flatMap((scan) => scan.local)] }
}

function readable(path: string): string {
  return path
    .replace(/^.*?fetchXml=/, '')
    .replaceAll(/(<link-entity [^>]*)><\/link-entity>/g, '$1/>')
    .replace("<fetch count='5000' page='1'>", '')
    .replace(/^(<entity .*)<\/fetch>$/, '$1')
}
