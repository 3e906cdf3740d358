import { Button, Card, Field, Input, makeStyles, Subtitle1, tokens } from '@fluentui/react-components'
import { type FormEvent, type ReactNode, useState } from 'react'
import { enter } from '../server/call.ts'
import { useCall } from '../server/hooks.ts'
import { problemOf } from '../server/problem-error.ts'
import { ProblemBar } from './problem.tsx'

/** How the page was let in: with the key of its address, refused, or without one (a reload, or a password). */
export type Entry = { readonly refused?: unknown }

/** Shows the studio to whoever has a session, and to others how they get one. */
export function Gate({ entry, children }: { readonly entry: Entry; readonly children: ReactNode }) {
  const styles = useStyles()
  const session = useCall('session.check', {})
  if (session.isSuccess) return children
  if (!session.isError) return null
  const problem = problemOf(session.error)
  const open = problem.code === 'SIGN_IN_REQUIRED'
  return (
    <main className={styles.gate}>
      <Card className={styles.card}>
        <Subtitle1 as="h1">d365 studio</Subtitle1>
        <ProblemBar
          error={open ? (entry.refused ?? session.error) : session.error}
          onRetry={() => session.refetch()}
        />
        {open && <PasswordForm onEntered={() => session.refetch()} />}
      </Card>
    </main>
  )
}

function PasswordForm({ onEntered }: { readonly onEntered: () => void }) {
  const [password, setPassword] = useState('')
  const [refused, setRefused] = useState<unknown>()
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    try {
      await enter({ password })
      onEntered()
    } catch (error) {
      setRefused(error)
    }
  }
  return (
    <form onSubmit={submit}>
      <Field
        label="Password of this studio"
        hint="Only where it was started with one, for use from other machines."
        {...(refused === undefined ? {} : { validationMessage: problemOf(refused).message })}
      >
        <Input
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={(_, { value }) => setPassword(value)}
        />
      </Field>
      <Button type="submit" disabled={password === ''} style={{ marginTop: 12 }}>
        Enter
      </Button>
    </form>
  )
}

const useStyles = makeStyles({
  gate: { display: 'grid', placeItems: 'center', minHeight: '100dvh', padding: tokens.spacingHorizontalM },
  card: { maxWidth: '520px', width: '100%', boxSizing: 'border-box', gap: tokens.spacingVerticalL },
})
