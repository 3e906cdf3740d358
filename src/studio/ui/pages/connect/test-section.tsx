import { Button, makeStyles, mergeClasses, Spinner, Text, tokens } from '@fluentui/react-components'
import {
  CheckmarkCircleFilled,
  CircleRegular,
  DismissCircleFilled,
  WarningFilled,
} from '@fluentui/react-icons'
import type { DoctorStep } from '../../../../connect.ts'
import { ProblemBar } from '../../app/problem.tsx'
import { Section } from '../../app/section.tsx'
import type { EventRun } from '../../server/use-events.ts'
import { TokenFacts } from './token-facts.tsx'

interface TestSectionProps {
  readonly run: EventRun<'connect.test'>
  readonly onTest: () => void
  readonly disabled: boolean
}

/** Test connection: the chain from the settings to a table, link by link, as it is walked. */
export function TestSection({ run, onTest, disabled }: TestSectionProps) {
  const styles = useStyles()
  const steps = run.events.flatMap((event) => (event.kind === 'step' ? [event.step] : []))
  const token = run.events.flatMap((event) => (event.kind === 'token' && event.facts ? [event.facts] : []))[0]
  const failed = steps.find(({ status }) => status === 'failed')
  return (
    <Section
      title="Test connection"
      lead="Every link from the settings to the rows is tried in turn; the first that breaks says why, and where to mend it."
    >
      <div className={styles.row}>
        <Button appearance="primary" disabled={disabled || run.running} onClick={onTest}>
          Test connection
        </Button>
        {run.running && <Button onClick={run.stop}>Stop</Button>}
      </div>
      {(steps.length > 0 || run.running) && (
        <ol className={styles.steps} aria-label="Steps of the test">
          {steps.map((step) => (
            <Step key={step.name} step={step} />
          ))}
          {run.running && (
            <li className={styles.step}>
              <Spinner size="tiny" labelPosition="after" label="Trying the next link …" />
            </li>
          )}
        </ol>
      )}
      {run.problem !== undefined && <ProblemBar error={run.problem} />}
      <div role="status">
        {run.finished && !failed && <Text weight="semibold">Everything works.</Text>}
        {run.finished && failed && <Text weight="semibold">It stops at “{failed.title}”.</Text>}
      </div>
      {token && (
        <div className={styles.token}>
          <Text as="h3" weight="semibold" block>
            The token
          </Text>
          <TokenFacts facts={token} />
        </div>
      )}
    </Section>
  )
}

const SIGNS = {
  ok: CheckmarkCircleFilled,
  warning: WarningFilled,
  failed: DismissCircleFilled,
  skipped: CircleRegular,
} as const

const SPOKEN = { ok: 'works', warning: 'warning', failed: 'failed', skipped: 'not tried' } as const

function Step({ step }: { readonly step: DoctorStep }) {
  const styles = useStyles()
  const { title, status, detail, hint, code, requestId } = step
  const Sign = SIGNS[status]
  const ids = [code, requestId && `request ${requestId}`].filter(Boolean).join(' · ')
  return (
    <li className={mergeClasses(styles.step, status === 'skipped' && styles.pale)}>
      <Sign className={mergeClasses(styles.sign, styles[status])} aria-label={SPOKEN[status]} />
      <div className={styles.words}>
        <div>
          <b>{title}</b> <span>{detail}</span>
        </div>
        {hint !== undefined && (
          <div className={mergeClasses(styles.hint, status === 'failed' && styles.cause)}>{hint}</div>
        )}
        {ids !== '' && <div className={styles.ids}>{ids}</div>}
      </div>
    </li>
  )
}

const useStyles = makeStyles({
  row: { display: 'flex', gap: tokens.spacingHorizontalM },
  steps: {
    listStyleType: 'none',
    margin: 0,
    padding: 0,
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalS,
  },
  step: { display: 'flex', gap: tokens.spacingHorizontalS, minWidth: 0 },
  pale: { color: tokens.colorNeutralForeground3 },
  sign: { fontSize: '20px', flexShrink: 0 },
  ok: { color: tokens.colorStatusSuccessForeground1 },
  warning: { color: tokens.colorStatusWarningForeground3 },
  failed: { color: tokens.colorStatusDangerForeground1 },
  skipped: { color: tokens.colorNeutralForeground3 },
  words: { minWidth: 0, overflowWrap: 'anywhere' },
  hint: {
    marginTop: tokens.spacingVerticalXS,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    borderLeft: `3px solid ${tokens.colorStatusWarningBorder1}`,
    backgroundColor: tokens.colorNeutralBackground3,
    color: tokens.colorNeutralForeground1,
  },
  cause: { borderLeft: `3px solid ${tokens.colorStatusDangerBorder2}` },
  ids: {
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground2,
  },
  token: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
})
