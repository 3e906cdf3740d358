import { rmSync } from 'node:fs'
import { type Connection, connect } from '../src/connect.ts'
import { createSandbox, type ListeningSandbox } from '../src/sandbox/index.ts'
import { freshFolder } from './sandbox.test-support.ts'

/** A sandbox that listens, a connection to it, and a folder for its settings and for files of the tests. */
export interface Stage {
  readonly server: ListeningSandbox
  readonly connection: Connection
  readonly folder: string
  close(): Promise<void>
}

export async function openStage(options: Parameters<typeof createSandbox>[0] = {}): Promise<Stage> {
  const folder = freshFolder()
  const server = await createSandbox(options).listen({ port: 0 })
  const connection = await connect({
    connectionString: server.connectionString,
    env: { D365_CONFIG_DIR: folder, D365_SECRET_STORE: 'file' },
  })
  const close = async (): Promise<void> => {
    await connection.close()
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { server, connection, folder, close }
}
