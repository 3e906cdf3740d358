/** Uploads and downloads that take several requests. They live as long as the store they belong to. */
import { newGuid } from '../../../../core/guid.ts'
import type { Store } from '../../../store/store.ts'
import { invalidArgument } from '../write-errors.ts'

export interface Transfer {
  readonly table: string
  readonly id: string
  readonly column: string
  readonly fileName: string
  /** Blocks of an upload by their ids; a chunked PATCH numbers them by where they begin. */
  readonly blocks: Map<string, Uint8Array>
}

const transfersOf = new WeakMap<Store, Map<string, Transfer>>()

/** Returns the token that further requests name it by. */
export function beginTransfer(store: Store, transfer: Omit<Transfer, 'blocks'>): string {
  const transfers = transfersOf.get(store) ?? new Map<string, Transfer>()
  transfersOf.set(store, transfers)
  const token = Buffer.from(`${newGuid()}/${transfer.table}/${transfer.column}`).toString('base64url')
  transfers.set(token, { ...transfer, blocks: new Map() })
  return token
}

export function requireTransfer(store: Store, token: string): Transfer {
  const transfer = transfersOf.get(store)?.get(token)
  if (!transfer) throw invalidArgument('The continuation token is not valid, or its transfer has ended.')
  return transfer
}

export function endTransfer(store: Store, token: string): void {
  transfersOf.get(store)?.delete(token)
}
