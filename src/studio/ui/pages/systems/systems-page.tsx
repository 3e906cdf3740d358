import { Page } from '../../app/page.tsx'
import { useCall } from '../../server/hooks.ts'

export default function SystemsPage() {
  const saved = useCall('systems.list', {})
  return (
    <Page title="Systems" lead={saved.data?.protection}>
      {null}
    </Page>
  )
}
