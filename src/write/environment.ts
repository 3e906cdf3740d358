import type { Catalog } from '../catalog/table.ts'
import type { Clock } from '../core/clock.ts'
import type { Session } from '../service/session.ts'
import type { User } from './send/lane.ts'
import type { SendBatch } from './send/transport.ts'

/** What writing needs of the outside. */
export interface WriteEnvironment {
  readonly session: Session
  readonly catalog: Catalog
  readonly sendBatch: SendBatch
  /** Other users the writing is spread over, each with its own budget. */
  readonly others?: readonly User[]
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
}
