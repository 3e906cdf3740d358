import { Page } from '../../app/page.tsx'

export default function ConnectPage() {
  return (
    <Page title="Connect" lead="From a Service URL to the first rows.">
      {null}
    </Page>
  )
}
