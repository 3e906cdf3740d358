/** The sandbox put together: the only file that knows every part of it. */
import { createIdentity, type Identity } from './identity/index.ts'
import {
  assembleSandbox,
  type ListeningSandbox as Listening,
  type Sandbox as Served,
  type ServingOptions,
} from './sandbox-assembly.ts'
import { createSandboxData, type SandboxDataOptions } from './sandbox-data.ts'
import { loadStore, saveStore } from './store/persistence.ts'
import { createAuthority } from './tls.ts'
import { createDispatch } from './web-api/dispatch.ts'
import { findRow, parseResource, readOperation } from './web-api/query/index.ts'
import { batchOperation, writeOperation } from './web-api/write/index.ts'

export interface SandboxOptions extends ServingOptions, SandboxDataOptions {}
export type Sandbox = Served<Identity>
export type ListeningSandbox = Listening<Identity>

/** Ready at once; `listen` opens a port, `fetch` needs none. */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  const data = createSandboxData(options, { load: loadStore, save: saveStore })
  return assembleSandbox(options, {
    data,
    dispatch: createDispatch({
      read: readOperation,
      write: writeOperation,
      batch: batchOperation,
      parseResource,
      findRow,
      changeSchema: data.changeSchema,
    }),
    createIdentity,
    createAuthority: () => createAuthority(options.dir),
  })
}
