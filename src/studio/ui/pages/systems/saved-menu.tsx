import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from '@fluentui/react-components'
import { MoreHorizontalRegular } from '@fluentui/react-icons'
import { type FormEvent, useState } from 'react'
import { ProblemBar } from '../../app/problem.tsx'
import { useAction } from '../../server/hooks.ts'

/** A saved system, or one of its credentials. */
interface Saved {
  readonly system: string
  readonly credential?: string
}

interface SavedMenuProps {
  readonly target: Saved
  readonly isDefault: boolean
}

type Asking = 'rename' | 'duplicate' | 'remove'

/** What else can be done with it. */
export function SavedMenu({ target, isDefault }: SavedMenuProps) {
  const [asking, setAsking] = useState<Asking>()
  const makeDefault = useAction('systems.makeDefault', ['systems.list'])
  const what = target.credential === undefined ? target.system : `${target.credential} of ${target.system}`
  return (
    <>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <Button icon={<MoreHorizontalRegular />} aria-label={`More for ${what}`} />
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            <MenuItem disabled={isDefault} onClick={() => makeDefault.mutate(target)}>
              Make it the default
            </MenuItem>
            <MenuItem onClick={() => setAsking('rename')}>Rename …</MenuItem>
            <MenuItem onClick={() => setAsking('duplicate')}>Duplicate …</MenuItem>
            <MenuItem onClick={() => setAsking('remove')}>Remove …</MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
      {asking === 'remove' && (
        <RemoveDialog target={target} what={what} onClose={() => setAsking(undefined)} />
      )}
      {(asking === 'rename' || asking === 'duplicate') && (
        <NameDialog target={target} what={what} asking={asking} onClose={() => setAsking(undefined)} />
      )}
    </>
  )
}

interface DialogProps {
  readonly target: Saved
  readonly what: string
  readonly onClose: () => void
}

function NameDialog({
  target,
  what,
  asking,
  onClose,
}: DialogProps & { readonly asking: 'rename' | 'duplicate' }) {
  const old = target.credential ?? target.system
  const [name, setName] = useState(asking === 'rename' ? old : `${old} copy`)
  const rename = useAction('systems.rename', ['systems.list'])
  const duplicate = useAction('systems.duplicate', ['systems.list'])
  const action = asking === 'rename' ? rename : duplicate
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    action.mutate({ ...target, name }, { onSuccess: onClose })
  }
  return (
    <Dialog open onOpenChange={onClose}>
      <DialogSurface>
        <form onSubmit={submit}>
          <DialogBody>
            <DialogTitle>{asking === 'rename' ? `Rename ${what}` : `Duplicate ${what}`}</DialogTitle>
            <DialogContent>
              <Field
                label="New name"
                required
                hint={asking === 'duplicate' ? 'The copy gets the secrets too.' : null}
              >
                <Input value={name} onChange={(_, { value }) => setName(value)} />
              </Field>
              {action.isError && <ProblemBar error={action.error} />}
            </DialogContent>
            <DialogActions>
              <Button onClick={onClose}>Cancel</Button>
              <Button type="submit" appearance="primary" disabled={name.trim() === '' || action.isPending}>
                {asking === 'rename' ? 'Rename' : 'Duplicate'}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  )
}

function RemoveDialog({ target: { system, credential }, what, onClose }: DialogProps) {
  const removeSystem = useAction('systems.remove', ['systems.list'])
  const removeCredential = useAction('systems.removeCredential', ['systems.list'])
  const remove = (): void => {
    const done = { onSuccess: onClose }
    if (credential === undefined) removeSystem.mutate({ system }, done)
    else removeCredential.mutate({ system, credential }, done)
  }
  const failure = removeSystem.error ?? removeCredential.error
  return (
    <Dialog open modalType="alert" onOpenChange={onClose}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Remove {what}?</DialogTitle>
          <DialogContent>
            {credential === undefined
              ? 'Its credentials go with it, with their secrets and tokens. Nothing changes in Dynamics 365.'
              : 'Its secrets and tokens are forgotten. Nothing changes in Dynamics 365.'}
            {failure !== null && <ProblemBar error={failure} />}
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>Cancel</Button>
            <Button appearance="primary" onClick={remove}>
              Remove
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}
