import { Badge, Button, makeStyles, mergeClasses, Spinner, Text, tokens } from '@fluentui/react-components'
import { CheckmarkCircleFilled, CircleRegular, DismissCircleFilled } from '@fluentui/react-icons'
import { useQueryClient } from '@tanstack/react-query'
import { agoText } from '../../app/moment.ts'
import { ProblemBar } from '../../app/problem.tsx'
import { linkTo } from '../../app/router.ts'
import { useEvents } from '../../server/use-events.ts'
import { factsOf } from '../connect/fields.ts'
import { SavedMenu } from './saved-menu.tsx'
import type { SavedCredential } from './system-card.tsx'

interface CredentialRowProps {
  readonly system: string
  readonly credential: SavedCredential
  readonly isDefault: boolean
}

/** One way to sign in: how it did last time, how long its token lasts, and what can be done with it. */
export function CredentialRow({ system, credential, isDefault }: CredentialRowProps) {
  const styles = useStyles()
  const client = useQueryClient()
  const run = useEvents('connect.test')
  const { name, grant, clientId } = credential
  const test = async (): Promise<void> => {
    await run.start(async () => ({ environment: { system, credential: name } }))
    await client.invalidateQueries({ queryKey: ['systems.list'] })
  }
  const failed = run.events.flatMap((event) =>
    event.kind === 'step' && event.step.status === 'failed' ? [event.step] : [],
  )[0]
  return (
    <li aria-label={`${name} of ${system}`} className={styles.row}>
      <div className={styles.who}>
        <div>
          <b className={styles.name}>{name}</b> {isDefault && <Badge appearance="tint">default</Badge>}
        </div>
        <Text size={200} className={styles.pale}>
          {factsOf(grant).name}
        </Text>
        {clientId !== undefined && (
          <Text size={200} className={mergeClasses(styles.pale, styles.id)}>
            {clientId}
          </Text>
        )}
      </div>
      <div className={styles.state}>
        {run.running ? (
          <Spinner size="tiny" labelPosition="after" label="Testing …" />
        ) : (
          <LastTest credential={credential} />
        )}
        <Text size={200} className={styles.pale}>
          {tokenText(credential)}
        </Text>
      </div>
      <div className={styles.actions}>
        <Button disabled={run.running} onClick={test} aria-label={`Test ${name} of ${system}`}>
          Test
        </Button>
        <Button
          as="a"
          href={linkTo('connect', [], { system, credential: name })}
          aria-label={`Edit ${name} of ${system}`}
        >
          Edit
        </Button>
        <SavedMenu target={{ system, credential: name }} isDefault={isDefault} />
      </div>
      {failed?.hint !== undefined && <div className={styles.hint}>{failed.hint}</div>}
      {run.problem !== undefined && <ProblemBar error={run.problem} />}
    </li>
  )
}

function LastTest({ credential: { tested } }: { readonly credential: SavedCredential }) {
  const styles = useStyles()
  if (!tested)
    return (
      <Text className={styles.line}>
        <CircleRegular className={styles.sign} aria-hidden /> Not tested yet
      </Text>
    )
  const Sign = tested.ok ? CheckmarkCircleFilled : DismissCircleFilled
  return (
    <Text className={styles.line}>
      <Sign className={mergeClasses(styles.sign, tested.ok ? styles.ok : styles.bad)} aria-hidden />
      <span>
        {tested.ok ? 'Works' : 'Failed'} {agoText(tested.at)}: {tested.detail}
      </span>
    </Text>
  )
}

function tokenText({ tokenExpiresAt, renewable }: SavedCredential): string {
  if (tokenExpiresAt === undefined)
    return renewable ? 'A refresh token is kept.' : 'No token kept: it is fetched when needed.'
  const ended = tokenExpiresAt < Date.now()
  const text = ended
    ? `Its token ended ${agoText(tokenExpiresAt)}`
    : `Its token lasts ${agoText(tokenExpiresAt).replace(/^in /, '')}`
  return renewable ? `${text}; it is renewed by itself.` : `${text}.`
}

const useStyles = makeStyles({
  row: {
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 3fr) minmax(0, 4fr) auto',
    gap: tokens.spacingHorizontalL,
    padding: `${tokens.spacingVerticalM} 0`,
    borderTop: `1px solid ${tokens.colorNeutralStroke3}`,
    '@media (max-width: 900px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
  },
  who: { display: 'flex', flexDirection: 'column', minWidth: 0 },
  name: { overflowWrap: 'anywhere' },
  id: { fontFamily: tokens.fontFamilyMonospace, overflowWrap: 'anywhere' },
  state: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalXS, minWidth: 0 },
  line: { display: 'flex', gap: tokens.spacingHorizontalXS, overflowWrap: 'anywhere' },
  sign: { fontSize: '18px', flexShrink: 0, marginTop: '1px' },
  ok: { color: tokens.colorStatusSuccessForeground1 },
  bad: { color: tokens.colorStatusDangerForeground1 },
  pale: { color: tokens.colorNeutralForeground2 },
  actions: { display: 'flex', gap: tokens.spacingHorizontalS, alignItems: 'start' },
  hint: {
    gridColumn: '1 / -1',
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    borderLeft: `3px solid ${tokens.colorStatusDangerBorder1}`,
    backgroundColor: tokens.colorNeutralBackground3,
  },
})
