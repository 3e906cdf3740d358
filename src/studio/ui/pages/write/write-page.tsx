import { Spinner } from '@fluentui/react-components'
import { useEffect, useState } from 'react'
import type { EnvironmentChoice } from '../../../server/environments.ts'
import { useEnvironment } from '../../app/environment.tsx'
import { NoEnvironment } from '../../app/no-environment.tsx'
import { Page } from '../../app/page.tsx'
import { ProblemBar } from '../../app/problem.tsx'
import { useRoute } from '../../app/router.ts'
import { useCall } from '../../server/hooks.ts'
import { CheckSection } from './check-section.tsx'
import { InputSection } from './input-section.tsx'
import { MappingSection } from './mapping-section.tsx'
import { RunSection } from './run-section.tsx'
import { type Target, TargetSection } from './target-section.tsx'
import type { Source, Writing } from './writing.ts'

/** Rows back into Dynamics: from a file or a query, looked at before, mended after. */
export default function WritePage() {
  const { environment } = useEnvironment()
  const { query } = useRoute()
  if (!environment) return <NoEnvironment title="Write back" />
  const text = query.get('text') ?? ''
  return <WriteForm key={`${text} ${JSON.stringify(environment)}`} environment={environment} query={text} />
}

interface WriteFormProps {
  readonly environment: EnvironmentChoice
  readonly query: string
}

function WriteForm({ environment, query }: WriteFormProps) {
  const [source, setSource] = useState<Source>()
  const [target, setTarget] = useState<Target>({ table: '', mode: 'upsert', key: [], skipUnchanged: true })
  const [map, setMap] = useState<Readonly<Record<string, string | null>>>({})
  const isReady = source !== undefined && target.table !== ''
  const looked = useCall(
    'write.look',
    { environment, source: source ?? { query: '' }, table: target.table },
    { enabled: isReady },
  )
  const table = useCall(
    'explore.table',
    { environment, table: target.table },
    { enabled: target.table !== '' },
  )
  const suggested = looked.data?.map
  useEffect(() => setMap(suggested ?? {}), [suggested])
  const writing: Writing | undefined =
    isReady && looked.data && source
      ? { environment, source, ...target, key: [...target.key], map: { ...map } }
      : undefined
  return (
    <Page
      title="Write back"
      lead="Cleaned rows into Dynamics. Every row is checked before any is sent; those that do not fit are mended here."
    >
      <InputSection query={query} onSource={(given) => setSource(given)} />
      <TargetSection environment={environment} target={target} onChange={setTarget} />
      {isReady && looked.isPending && <Spinner label="Looking at the rows" />}
      {looked.isError && <ProblemBar error={looked.error} onRetry={() => looked.refetch()} />}
      {table.isError && <ProblemBar error={table.error} />}
      {looked.data && table.data && (
        <MappingSection table={table.data} looked={looked.data} map={map} onChange={setMap} />
      )}
      {writing && (
        <CheckSection key={JSON.stringify(writing)} writing={writing} onChecked={() => undefined} />
      )}
      <RunSection writing={writing} />
    </Page>
  )
}
