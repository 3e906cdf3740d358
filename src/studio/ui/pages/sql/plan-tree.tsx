import { makeStyles, Text, Tree, TreeItem, TreeItemLayout, tokens } from '@fluentui/react-components'
import { counted } from '../../app/counted.ts'
import type { Cost, Plan } from './use-sql-run.ts'

/** What is asked of the service and what is done here, as a tree: below the local SQL each request, with what it brought. */
export function PlanTree({ plan, cost }: { readonly plan: Plan; readonly cost: Cost | undefined }) {
  const styles = useStyles()
  const { change, requests, localSql, local } = plan
  return (
    <Tree
      aria-label="Plan of the statement"
      className={styles.tree}
      defaultOpenItems={['change', 'here', ...requests.map(({ id }) => id)]}
    >
      {change?.writes.map((write) => (
        <TreeItem key={keyOf(write)} itemType="leaf" value={keyOf(write)}>
          <TreeItemLayout className={styles.item}>
            <Text weight="semibold">Writes to Dynamics</Text> <code>{write.request}</code>
            <div className={styles.detail}>
              {write.columns.join(', ')}
              {write.skipExisting ? '; rows whose key exists are left alone' : ''}
            </div>
          </TreeItemLayout>
        </TreeItem>
      ))}
      <TreeItem itemType="branch" value="here">
        <TreeItemLayout className={styles.item}>
          <Text weight="semibold">
            {requests.length === 0 ? 'Done on this machine' : 'Finished on this machine'}
          </Text>
          {cost && (
            <span className={styles.cost}>
              {counted(cost.finished.rows, 'row')}, {cost.finished.ms} ms
            </span>
          )}
          <code className={styles.code}>{localSql}</code>
          {local.map((reason) => (
            <div key={reason} className={styles.detail}>
              Stays here: {reason}
            </div>
          ))}
        </TreeItemLayout>
        <Tree>
          {requests.map((request) => (
            <RequestItem
              key={request.id}
              request={request}
              measured={cost?.scans.find(({ id }) => id === request.id)}
            />
          ))}
        </Tree>
      </TreeItem>
    </Tree>
  )
}

type PlannedWrite = NonNullable<Plan['change']>['writes'][number]

function keyOf({ request, columns }: PlannedWrite): string {
  return `${request} ${columns.join()}`
}

interface RequestItemProps {
  readonly request: Plan['requests'][number]
  readonly measured: Cost['scans'][number] | undefined
}

function RequestItem({ request, measured }: RequestItemProps) {
  const styles = useStyles()
  const { id, system, table, top, by, links, local } = request
  return (
    <TreeItem itemType="leaf" value={id}>
      <TreeItemLayout className={styles.item}>
        <Text weight="semibold">
          {request.request === 'metadata' ? 'Metadata' : 'Request to Dynamics'}:{' '}
          {system === undefined ? '' : `${system}.`}
          {table}
        </Text>
        {top !== undefined && <span className={styles.cost}>at most {counted(top, 'row')}</span>}
        {measured && (
          <span className={styles.cost}>
            {counted(measured.requests, 'request')}, {counted(measured.rows, 'row')},{' '}
            {counted(measured.bytes, 'byte')}, {measured.ms} ms
            {measured.parted
              ? `, ${measured.parted.readers} readers in ${measured.parted.parts} parts of ${measured.parted.by}`
              : ''}
          </span>
        )}
        <code className={styles.code}>{readable(request.request)}</code>
        {links.map((link) => (
          <div key={link.id} className={styles.detail}>
            Brings {link.table} too.
          </div>
        ))}
        {by && (
          <div className={styles.detail}>
            By {by.column}, where {by.source} brings few values of {by.sourceColumn}.
          </div>
        )}
        {local.map((reason) => (
          <div key={reason} className={styles.detail}>
            Stays here: {reason}
          </div>
        ))}
      </TreeItemLayout>
    </TreeItem>
  )
}

/** The address as it reads before it is encoded. */
function readable(request: string): string {
  if (request === 'metadata') return 'from the metadata of the environment'
  try {
    return `GET ${decodeURIComponent(request)}`
  } catch {
    return `GET ${request}`
  }
}

const useStyles = makeStyles({
  tree: { overflowX: 'auto' },
  item: {
    height: 'auto',
    alignItems: 'start',
    paddingTop: tokens.spacingVerticalXS,
    paddingBottom: tokens.spacingVerticalXS,
  },
  cost: { marginLeft: tokens.spacingHorizontalS, color: tokens.colorNeutralForeground2 },
  code: {
    display: 'block',
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
    color: tokens.colorNeutralForeground1,
    backgroundColor: tokens.colorNeutralBackground3,
    borderRadius: tokens.borderRadiusSmall,
    padding: `${tokens.spacingVerticalXXS} ${tokens.spacingHorizontalS}`,
    marginTop: tokens.spacingVerticalXXS,
  },
  detail: { color: tokens.colorNeutralForeground2, overflowWrap: 'anywhere' },
})
