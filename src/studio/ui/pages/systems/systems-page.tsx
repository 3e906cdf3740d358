import { Button, makeStyles, Spinner, Text, tokens } from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons'
import { Page } from '../../app/page.tsx'
import { ProblemBar } from '../../app/problem.tsx'
import { linkTo } from '../../app/router.ts'
import { useCall } from '../../server/hooks.ts'
import { SystemCard } from './system-card.tsx'
import { Transfer } from './transfer.tsx'

/** External systems and their credentials: what is saved on this machine, and how it is. */
export default function SystemsPage() {
  const styles = useStyles()
  const saved = useCall('systems.list', {}, { fresh: true })
  const systems = saved.data?.systems ?? []
  return (
    <Page
      title="Systems"
      lead={`Environments you have saved, and the ways to sign in to each. ${saved.data?.protection ?? ''}`}
      actions={
        <div className={styles.actions}>
          <Button as="a" appearance="primary" icon={<AddRegular />} href={linkTo('connect')}>
            Add a system
          </Button>
          <Transfer empty={systems.length === 0} />
        </div>
      }
    >
      {saved.isPending && <Spinner label="Reading the settings" />}
      {saved.isError && <ProblemBar error={saved.error} onRetry={() => saved.refetch()} />}
      {saved.isSuccess && systems.length === 0 && (
        <Text>
          Nothing is saved yet. <a href={linkTo('connect')}>Connect to an environment</a>, or import what a
          colleague exported.
        </Text>
      )}
      {systems.map((system) => (
        <SystemCard key={system.name} system={system} isDefault={system.name === saved.data?.defaultSystem} />
      ))}
    </Page>
  )
}

const useStyles = makeStyles({
  actions: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS },
})
