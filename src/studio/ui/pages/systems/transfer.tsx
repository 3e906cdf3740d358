import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Text,
} from '@fluentui/react-components'
import { type ChangeEvent, useRef, useState } from 'react'
import { downloadText } from '../../app/download.ts'
import { ProblemBar } from '../../app/problem.tsx'
import { call, type Input, type Output } from '../../server/call.ts'
import { useAction } from '../../server/hooks.ts'

/** Export and import of everything but the secrets. */
export function Transfer({ empty }: { readonly empty: boolean }) {
  const picker = useRef<HTMLInputElement>(null)
  const [problem, setProblem] = useState<unknown>()
  const [imported, setImported] = useState<Output<'systems.import'>>()
  const importFile = useAction('systems.import', ['systems.list'])
  const exportAll = async (): Promise<void> => {
    const file = await call('systems.export', {})
    downloadText(`${JSON.stringify(file, null, 2)}\n`, {
      name: 'd365-systems.json',
      type: 'application/json',
    })
  }
  const read = async ({ target }: ChangeEvent<HTMLInputElement>): Promise<void> => {
    const [chosen] = target.files ?? []
    if (!chosen) return
    try {
      // What it really holds is checked by the server, which names what does not fit.
      const file: Input<'systems.import'>['file'] = JSON.parse(await chosen.text())
      setImported(await importFile.mutateAsync({ file }))
    } catch (error) {
      setProblem(error instanceof SyntaxError ? new Error(`${chosen.name} is not JSON.`) : error)
    }
    target.value = ''
  }
  const close = (): void => {
    setImported(undefined)
    setProblem(undefined)
  }
  return (
    <>
      <Button onClick={() => picker.current?.click()}>Import …</Button>
      <Button disabled={empty} onClick={exportAll}>
        Export without secrets
      </Button>
      <input
        ref={picker}
        type="file"
        accept=".json,application/json"
        hidden
        aria-label="File to import"
        onChange={read}
      />
      {(imported !== undefined || problem !== undefined) && (
        <Dialog open onOpenChange={close}>
          <DialogSurface>
            <DialogBody>
              <DialogTitle>Import</DialogTitle>
              <DialogContent>
                {problem !== undefined && <ProblemBar error={problem} />}
                {imported && <Text>{importText(imported)}</Text>}
              </DialogContent>
              <DialogActions>
                <Button appearance="primary" onClick={close}>
                  OK
                </Button>
              </DialogActions>
            </DialogBody>
          </DialogSurface>
        </Dialog>
      )}
    </>
  )
}

function importText({ added, kept }: Output<'systems.import'>): string {
  const was = kept.length === 0 ? '' : ` ${kept.join(', ')} was there already and stays as it is.`
  return `${added} added.${was} Secrets are never in such a file: fill them in with Edit.`
}
