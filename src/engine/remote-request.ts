import type { RemoteScan } from '../plan/plan.ts'
import type { Session } from '../service/session.ts'
import { fetchRequest } from './fetch-request.ts'
import { odataRequest } from './odata-request.ts'
import type { RequestAndColumns } from './request-shape.ts'

/** The first request of a scan, relative to the service root, and what its rows hold. */
export function remoteRequest(scan: RemoteScan, { capabilities }: Session): RequestAndColumns {
  return (scan.language === 'odata' ? odataRequest : fetchRequest)(scan, capabilities.read)
}
