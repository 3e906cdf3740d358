import { Button, makeStyles, tokens } from '@fluentui/react-components'
import { useEffect, useRef, useState } from 'react'
import { useEnvironment } from '../../app/environment.tsx'
import { Page } from '../../app/page.tsx'
import { ProblemBar } from '../../app/problem.tsx'
import { useRoute } from '../../app/router.ts'
import { useSettled } from '../../app/settled.ts'
import { call } from '../../server/call.ts'
import { useCall } from '../../server/hooks.ts'
import { useEvents } from '../../server/use-events.ts'
import { ConnectionStringSection } from './connection-string-section.tsx'
import { factsOf } from './fields.ts'
import { Guide } from './guide.tsx'
import { QuerySection } from './query-section.tsx'
import { SandboxGuide } from './sandbox-guide.tsx'
import { SaveSection } from './save-section.tsx'
import { SettingsSection } from './settings-section.tsx'
import { SignInSection } from './sign-in-section.tsx'
import { type Sandbox, StartSection } from './start-section.tsx'
import { TestSection } from './test-section.tsx'
import { useDraft } from './use-draft.ts'

/** From nothing to the first rows on one page: settings, tokens, test, query, save. */
export default function ConnectPage() {
  const styles = useStyles()
  const draft = useDraft()
  const { query } = useRoute()
  const { choose } = useEnvironment()
  const [sandbox, setSandbox] = useState<Sandbox>()
  const [loadFailure, setLoadFailure] = useState<unknown>()
  const test = useEvents('connect.test')
  const { form, view, take } = draft
  const from = fromAddress(query)
  const wanted = from === undefined ? '' : JSON.stringify(from)
  const loaded = useRef('')
  useEffect(() => {
    if (wanted === '' || loaded.current === wanted) return
    loaded.current = wanted
    call('connect.load', JSON.parse(wanted)).then(take, setLoadFailure)
  }, [wanted, take])

  const serviceUrl = useSettled(form.serviceUrl.trim(), 400)
  const plausible =
    serviceUrl !== '' &&
    view !== undefined &&
    !view.findings.some(({ field, severity }) => field === 'serviceUrl' && severity === 'error')
  const discover = useCall(
    'connect.discover',
    { serviceUrl, grant: form.grant },
    { enabled: plausible, keepPrevious: true },
  )
  const found = plausible ? discover.data : undefined
  const facts = factsOf(form.grant)
  const tested =
    test.finished && !test.events.some((event) => event.kind === 'step' && event.step.status === 'failed')

  const runTest = (): void => {
    void test.start(async () => {
      const environment = { draft: await draft.ready() }
      choose(environment)
      return { environment }
    })
  }
  return (
    <Page
      title="Connect"
      lead="From the address of an environment to its first rows. Nothing is kept until you save."
      actions={
        <Button
          disabled={view === undefined}
          onClick={() => {
            draft.reset()
            test.clear()
            setSandbox(undefined)
          }}
        >
          Start over
        </Button>
      }
    >
      {loadFailure !== undefined && <ProblemBar error={loadFailure} />}
      <div className={styles.columns}>
        <div className={styles.main}>
          <StartSection draft={draft} onSandbox={setSandbox} />
          <SettingsSection
            draft={draft}
            found={found}
            searching={plausible && discover.isFetching}
            failure={plausible ? discover.error : undefined}
          />
          {facts.person && <SignInSection draft={draft} />}
          <TestSection run={test} onTest={runTest} disabled={view === undefined} />
          {tested && <QuerySection draft={draft} />}
          <ConnectionStringSection draft={draft} />
          <SaveSection key={wanted} draft={draft} from={from} />
        </div>
        <div className={styles.side}>
          {sandbox && form.serviceUrl.startsWith(new URL(sandbox.serviceUrl).origin) ? (
            <SandboxGuide sandbox={sandbox} />
          ) : (
            <Guide
              grant={form.grant}
              clientId={form.clientId.trim()}
              redirectUri={form.redirectUri.trim()}
              found={found}
            />
          )}
        </div>
      </div>
    </Page>
  )
}

interface SavedNames {
  readonly system: string
  readonly credential?: string
}

/** `#/connect?system=contoso&credential=robot` shows what was saved; without a credential, a new one for the system. */
function fromAddress(query: URLSearchParams): SavedNames | undefined {
  const system = query.get('system')
  const credential = query.get('credential')
  if (system === null) return undefined
  return credential === null ? { system } : { system, credential }
}

const useStyles = makeStyles({
  columns: {
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1fr) minmax(260px, 340px)',
    gap: tokens.spacingHorizontalXXL,
    alignItems: 'start',
    maxWidth: '1240px',
    '@media (max-width: 1080px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
  },
  main: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalL, minWidth: 0 },
  side: {
    position: 'sticky',
    top: tokens.spacingVerticalL,
    maxHeight: 'calc(100dvh - 80px)',
    overflowY: 'auto',
    '@media (max-width: 1080px)': { position: 'static', maxHeight: 'none' },
  },
})
