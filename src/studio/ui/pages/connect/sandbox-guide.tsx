import {
  makeStyles,
  Table,
  TableBody,
  TableCell,
  TableHeader,
  TableHeaderCell,
  TableRow,
  tokens,
  typographyStyles,
} from '@fluentui/react-components'
import { Value } from './guide.tsx'
import type { Sandbox } from './start-section.tsx'

/** In place of the steps in Azure: the sandbox has everything registered already. */
export function SandboxGuide({ sandbox }: { readonly sandbox: Sandbox }) {
  const styles = useStyles()
  return (
    <aside aria-label="What the sandbox has" className={styles.guide}>
      <h2 className={styles.title}>The sandbox</h2>
      <p className={styles.lead}>
        Everything is registered already. Press Test connection, then look at rows below. To sign in as a
        person, choose “A person, in the browser” and use one of these:
      </p>
      <Value label="Service URL" value={sandbox.serviceUrl} />
      <Table size="small" aria-label="People of the sandbox">
        <TableHeader>
          <TableRow>
            <TableHeaderCell>Account</TableHeaderCell>
            <TableHeaderCell className={styles.narrow}>Password</TableHeaderCell>
          </TableRow>
        </TableHeader>
        <TableBody>
          {sandbox.people.map(({ account, password }) => (
            <TableRow key={account}>
              <TableCell className={styles.cell}>{account}</TableCell>
              <TableCell>{password}</TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
      <p className={styles.lead}>Client IDs, each good at something else:</p>
      {sandbox.applications.map(({ name, clientId }) => (
        <Value key={clientId} label={name} value={clientId} />
      ))}
    </aside>
  )
}

const useStyles = makeStyles({
  guide: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS, minWidth: 0 },
  title: { ...typographyStyles.subtitle1, margin: 0 },
  lead: { margin: 0, color: tokens.colorNeutralForeground2 },
  narrow: { width: '90px' },
  cell: { overflowWrap: 'anywhere' },
})
