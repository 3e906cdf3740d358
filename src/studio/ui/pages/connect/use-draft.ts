import { useCallback, useEffect, useRef, useState } from 'react'
import type { SettingsForm } from '../../../server/connect-form.ts'
import { useStored } from '../../app/stored.ts'
import { call, type Output } from '../../server/call.ts'
import { EMPTY_FORM } from './fields.ts'

/** What the server says of the settings: findings, the connection string, masks, token facts. */
export type DraftView = Output<'connect.put'>

type Loaded = DraftView & { readonly form: SettingsForm }

export interface Draft {
  readonly form: SettingsForm
  /** Undefined until the first field is filled in. */
  readonly view: DraftView | undefined
  /** Why the last change could not be kept. */
  readonly problem: unknown
  readonly change: (fields: Partial<SettingsForm>) => void
  /** Takes fields and view as the server made them: from a connection string, a sign-in, something saved. */
  readonly take: (loaded: Loaded) => void
  /** The id of the draft, once the server has what was typed last. */
  readonly ready: () => Promise<string>
  readonly reset: () => void
}

export function useDraft(): Draft {
  const [kept, keep] = useStored('draft', '', window.sessionStorage)
  const [form, setForm] = useState(EMPTY_FORM)
  const [view, setView] = useState<DraftView>()
  const [problem, setProblem] = useState<unknown>()
  const current = useRef({ form, id: '', sent: Promise.resolve('') })

  const take = useCallback(
    ({ form: taken, ...rest }: Loaded) => {
      current.current = { form: taken, id: rest.draft, sent: Promise.resolve(rest.draft) }
      keep(rest.draft)
      setForm(taken)
      setView(rest)
      setProblem(undefined)
    },
    [keep],
  )

  const change = useCallback(
    (fields: Partial<SettingsForm>) => {
      const next = { ...current.current.form, ...fields }
      current.current.form = next
      setForm(next)
      const send = async (): Promise<string> => {
        const { id } = current.current
        const answer = await call('connect.put', { form: next, ...(id === '' ? {} : { draft: id }) })
        current.current.id = answer.draft
        keep(answer.draft)
        // What was typed meanwhile is on its way already.
        if (current.current.form === next) setView(answer)
        setProblem(undefined)
        return answer.draft
      }
      // One after the other: the second needs the id the first brings.
      current.current.sent = current.current.sent.then(send, send)
      current.current.sent.catch(setProblem)
    },
    [keep],
  )

  const reset = useCallback(() => {
    current.current = { form: EMPTY_FORM, id: '', sent: Promise.resolve('') }
    keep('')
    setForm(EMPTY_FORM)
    setView(undefined)
    setProblem(undefined)
  }, [keep])

  // What was there when the page was loaded, once; whoever types before the answer comes begins anew.
  const left = useRef(kept)
  useEffect(() => {
    const draft = left.current
    left.current = ''
    if (draft === '') return
    // After a restart of the studio the draft is gone: the page begins empty.
    call('connect.get', { draft }).then(
      (loaded) => (current.current.form === EMPTY_FORM ? take(loaded) : undefined),
      () => undefined,
    )
  }, [take])

  return { form, view, problem, change, take, ready: useCallback(() => current.current.sent, []), reset }
}
