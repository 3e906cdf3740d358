import { type FileHandle, open } from 'node:fs/promises'
import { D365Error } from '../core/errors.ts'

/** The file of rejected rows: made with the first of them, so that a clean run leaves none behind. */
export interface RejectsFile {
  readonly path: string
  append(text: string): Promise<void>
  finish(): Promise<void>
}

export function openRejectsFile(path: string): RejectsFile {
  let handle: FileHandle | undefined
  return {
    path,
    append: async (text) => {
      try {
        handle ??= await open(path, 'w')
        await handle.write(text)
      } catch (cause) {
        throw new D365Error('IO_FAILED', `Cannot write the rejected rows to ${path}.`, {
          hint: 'Name another file with --rejects, or make room on the disk.',
          cause,
        })
      }
    },
    finish: async () => {
      const open = handle
      handle = undefined
      await open?.sync()
      await open?.close()
    },
  }
}
