import { Text } from '@fluentui/react-components'
import { Page } from './page.tsx'
import { linkTo } from './router.ts'

/** A page that needs an environment, where there is none yet. */
export function NoEnvironment({ title }: { readonly title: string }) {
  return (
    <Page title={title}>
      <Text>
        No environment is chosen. <a href={linkTo('connect')}>Connect to one</a>, or try the sandbox there.
      </Text>
    </Page>
  )
}
