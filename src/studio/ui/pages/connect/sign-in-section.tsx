import { Button, Field, Input, Link, makeStyles, Spinner, Text, tokens } from '@fluentui/react-components'
import { OpenRegular } from '@fluentui/react-icons'
import { useState } from 'react'
import { CopyButton } from '../../app/copy-button.tsx'
import { ProblemBar } from '../../app/problem.tsx'
import { Section } from '../../app/section.tsx'
import { useAction } from '../../server/hooks.ts'
import { useEvents } from '../../server/use-events.ts'
import type { Draft } from './use-draft.ts'

/** Fetch OAuth Token: a person signs in on Microsoft's page, and the tokens come here by themselves or by hand. */
export function SignInSection({ draft }: { readonly draft: Draft }) {
  const styles = useStyles()
  const device = draft.form.grant === 'device-code'
  const run = useEvents('connect.signIn', (event) => {
    if (event.kind === 'signed-in') draft.take(event)
  })
  const last = run.events.at(-1)
  const fetch = (): Promise<void> => run.start(async () => ({ draft: await draft.ready() }))
  const has = draft.form.accessToken === null || draft.form.refreshToken === null
  return (
    <Section
      title="Tokens"
      lead={
        device
          ? 'You get a short code, type it on Microsoft’s page on any device, and sign in there.'
          : 'You sign in on Microsoft’s page in another tab. d365 never sees your password.'
      }
    >
      <div className={styles.row}>
        <Button appearance={has ? 'secondary' : 'primary'} disabled={run.running} onClick={fetch}>
          {has ? 'Fetch OAuth Token again' : 'Fetch OAuth Token'}
        </Button>
        {run.running && <Button onClick={run.stop}>Stop waiting</Button>}
      </div>
      {run.problem !== undefined && <ProblemBar error={run.problem} />}
      {run.running && last === undefined && <Spinner size="tiny" label="Preparing the sign-in …" />}
      {run.running && last?.kind === 'open' && (
        <div className={styles.stack}>
          <div className={styles.row}>
            <Link href={last.url} target="_blank" rel="noreferrer" className={styles.open}>
              <OpenRegular aria-hidden /> Open the sign-in page
            </Link>
            <CopyButton text={last.url} label="Copy its address" bare />
            <Spinner
              size="tiny"
              labelPosition="after"
              label="Waiting for the sign-in, for 5 minutes at most"
            />
          </div>
          <PasteAddress draft={draft} redirectUri={last.redirectUri} />
        </div>
      )}
      {run.running && last?.kind === 'code' && (
        <div className={styles.stack}>
          <Text>
            Open{' '}
            <Link href={last.verificationUri} target="_blank" rel="noreferrer">
              {last.verificationUri}
            </Link>{' '}
            and enter this code:
          </Text>
          <div className={styles.row}>
            <span className={styles.code}>{last.userCode}</span>
            <CopyButton text={last.userCode} label="Copy the code" bare />
          </div>
          <Spinner size="tiny" labelPosition="after" label="Waiting until the code is entered" />
        </div>
      )}
      {run.finished && (
        <Text role="status">The tokens are here. They are kept in memory only, until you save.</Text>
      )}
    </Section>
  )
}

interface PasteAddressProps {
  readonly draft: Draft
  readonly redirectUri: string
}

/** Where the browser cannot come back to this machine: another redirect URI, a browser elsewhere. */
function PasteAddress({ draft, redirectUri }: PasteAddressProps) {
  const styles = useStyles()
  const [address, setAddress] = useState('')
  const paste = useAction('connect.paste')
  const hand = async (): Promise<void> => paste.mutate({ draft: await draft.ready(), address })
  return (
    <div className={styles.stack}>
      <Field
        label="Or paste the address you end on"
        hint={`Where the browser cannot come back by itself (a redirect URI elsewhere, a browser on another machine), copy the whole address of the page after signing in. It begins with ${redirectUri}.`}
      >
        <Input
          value={address}
          autoComplete="off"
          spellCheck={false}
          onChange={(_, { value }) => setAddress(value)}
        />
      </Field>
      {paste.isError && <ProblemBar error={paste.error} />}
      <div>
        <Button disabled={address.trim() === ''} onClick={hand}>
          Use this address
        </Button>
      </div>
    </div>
  )
}

const useStyles = makeStyles({
  row: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: tokens.spacingHorizontalM },
  stack: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  open: { fontWeight: tokens.fontWeightSemibold, display: 'inline-flex', alignItems: 'center', gap: '6px' },
  code: {
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeHero700,
    lineHeight: tokens.lineHeightHero700,
    letterSpacing: '0.08em',
  },
})
