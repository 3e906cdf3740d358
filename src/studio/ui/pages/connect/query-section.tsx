import { Button, Field, makeStyles, Spinner, Text, Textarea, tokens } from '@fluentui/react-components'
import { useState } from 'react'
import { ProblemBar } from '../../app/problem.tsx'
import { Section } from '../../app/section.tsx'
import { ResultGrid } from '../../grid/result-grid.tsx'
import { useAction } from '../../server/hooks.ts'
import type { Draft } from './use-draft.ts'

const FIRST_QUERY = `select name, revenue, statuscodename
from account
order by revenue desc
limit 20`

/** The first rows: what all of it was for. */
export function QuerySection({ draft }: { readonly draft: Draft }) {
  const styles = useStyles()
  const [sql, setSql] = useState(FIRST_QUERY)
  const query = useAction('connect.query')
  const run = async (): Promise<void> => query.mutate({ environment: { draft: await draft.ready() }, sql })
  return (
    <Section
      title="First query"
      lead="SQL over the tables of the environment. Only reading is possible here."
    >
      <Field label="SQL">
        <Textarea
          className={styles.mono}
          value={sql}
          rows={5}
          resize="vertical"
          spellCheck={false}
          onChange={(_, { value }) => setSql(value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void run()
          }}
        />
      </Field>
      <div className={styles.row}>
        <Button appearance="primary" disabled={sql.trim() === '' || query.isPending} onClick={run}>
          Run
        </Button>
        <Text size={200}>or Ctrl+Enter</Text>
        {query.isPending && <Spinner size="tiny" labelPosition="after" label="Reading …" />}
      </div>
      {query.isError && <ProblemBar error={query.error} />}
      {query.data && (
        <>
          <Text role="status">
            {query.data.total === 1 ? '1 row' : `${query.data.total} rows`}
            {query.data.total > query.data.rows.length
              ? `, the first ${query.data.rows.length} are shown`
              : ''}
            .
          </Text>
          <ResultGrid label="Rows of the first query" result={query.data} className={styles.grid} />
        </>
      )}
    </Section>
  )
}

const useStyles = makeStyles({
  mono: { fontFamily: tokens.fontFamilyMonospace },
  row: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalM },
  grid: { height: '360px' },
})
