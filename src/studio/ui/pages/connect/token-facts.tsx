import { makeStyles, tokens } from '@fluentui/react-components'
import { momentText } from '../../app/moment.ts'
import type { DraftView } from './use-draft.ts'

export type Facts = NonNullable<DraftView['token']>

/** What a token says of itself, in words. */
export function TokenFacts({ facts }: { readonly facts: Facts }) {
  const styles = useStyles()
  const { who, kind, clientId, tenant, audience, scopes, issuedAt, expiresAt, version } = facts
  const entries: readonly (readonly [string, string | undefined])[] = [
    [kind === 'user' ? 'Person' : 'Application', who],
    ['For', audience],
    [
      'Rights',
      scopes.length > 0
        ? scopes.join(', ')
        : kind === 'application'
          ? 'those of its security roles'
          : undefined,
    ],
    ['Ends', expiresAt === undefined ? undefined : momentText(expiresAt)],
    ['Issued', issuedAt === undefined ? undefined : momentText(issuedAt)],
    ['Tenant', tenant],
    ['Client ID', clientId],
    ['Version', version],
  ]
  return (
    <dl className={styles.facts}>
      {entries.map(([name, value]) =>
        value === undefined ? null : (
          <div key={name} className={styles.fact}>
            <dt className={styles.name}>{name}</dt>
            <dd className={styles.value}>{value}</dd>
          </div>
        ),
      )}
    </dl>
  )
}

const useStyles = makeStyles({
  facts: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalXS, margin: 0 },
  fact: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM },
  name: { width: '90px', color: tokens.colorNeutralForeground2 },
  value: { margin: 0, flex: '1 1 220px', overflowWrap: 'anywhere' },
})
