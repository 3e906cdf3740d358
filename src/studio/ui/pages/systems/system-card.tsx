import { Badge, Button, makeStyles, Text, tokens, typographyStyles } from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons'
import { linkTo } from '../../app/router.ts'
import type { Output } from '../../server/call.ts'
import { CredentialRow } from './credential-row.tsx'
import { SavedMenu } from './saved-menu.tsx'

export type SavedSystem = Output<'systems.list'>['systems'][number]
export type SavedCredential = SavedSystem['credentials'][number]

interface SystemCardProps {
  readonly system: SavedSystem
  readonly isDefault: boolean
}

/** One environment with everybody who may come in. */
export function SystemCard({ system, isDefault }: SystemCardProps) {
  const styles = useStyles()
  const { name, serviceUrl, credentials, defaultCredential } = system
  return (
    <section aria-label={name} className={styles.card}>
      <header className={styles.header}>
        <div className={styles.words}>
          <h2 className={styles.name}>
            {name} {isDefault && <Badge appearance="tint">default</Badge>}
          </h2>
          <Text className={styles.url}>{serviceUrl}</Text>
        </div>
        <div className={styles.actions}>
          <Button as="a" icon={<AddRegular />} href={linkTo('connect', [], { system: name })}>
            Add a credential
          </Button>
          <SavedMenu target={{ system: name }} isDefault={isDefault} />
        </div>
      </header>
      {credentials.length === 0 ? (
        <Text>No credential yet: without one, nobody can sign in here.</Text>
      ) : (
        <ul className={styles.rows}>
          {credentials.map((credential) => (
            <CredentialRow
              key={credential.id}
              system={name}
              credential={credential}
              isDefault={credential.name === defaultCredential}
            />
          ))}
        </ul>
      )}
    </section>
  )
}

const useStyles = makeStyles({
  card: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalM,
    padding: tokens.spacingHorizontalXL,
    borderRadius: tokens.borderRadiusLarge,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    backgroundColor: tokens.colorNeutralBackground1,
    maxWidth: '1100px',
    '@media (max-width: 760px)': { padding: tokens.spacingHorizontalM },
  },
  header: {
    display: 'flex',
    flexWrap: 'wrap',
    justifyContent: 'space-between',
    gap: tokens.spacingHorizontalM,
  },
  words: { minWidth: 0 },
  name: { ...typographyStyles.subtitle1, margin: 0, overflowWrap: 'anywhere' },
  url: { color: tokens.colorNeutralForeground2, overflowWrap: 'anywhere' },
  actions: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS, alignItems: 'start' },
  rows: { listStyleType: 'none', margin: 0, padding: 0 },
})
