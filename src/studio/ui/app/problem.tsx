import {
  Button,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
  makeStyles,
  tokens,
} from '@fluentui/react-components'
import { Component, type ReactNode } from 'react'
import type { Problem } from '../../server/problem.ts'
import { problemOf } from '../server/problem-error.ts'

/** A failure on the page: what happened, what to do next, and the ids support asks for. */
export function ProblemBar({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  const styles = useStyles()
  const problem = problemOf(error)
  const { message, hint } = problem
  const [first = '', ...rest] = message.split('\n')
  return (
    <MessageBar intent="error" layout="multiline" className={styles.bar} role="alert">
      <MessageBarBody className={styles.body}>
        <MessageBarTitle>{first}</MessageBarTitle>
        {rest.length > 0 && <pre className={styles.place}>{rest.join('\n')}</pre>}
        {hint !== undefined && <div>{hint}</div>}
        {idsOf(problem) !== '' && <div className={styles.ids}>{idsOf(problem)}</div>}
      </MessageBarBody>
      {onRetry && (
        <MessageBarActions>
          <Button onClick={onRetry}>Try again</Button>
        </MessageBarActions>
      )}
    </MessageBar>
  )
}

function idsOf({ code, serviceCode, requestId }: Problem): string {
  return [serviceCode ?? code, requestId && `request ${requestId}`].filter(Boolean).join(' · ')
}

interface BoundaryState {
  readonly error: unknown
}

/** A fault of one page leaves the others standing. `key` it by what is shown, so that going elsewhere clears it. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, BoundaryState> {
  override state: BoundaryState = { error: undefined }
  static getDerivedStateFromError(error: unknown): BoundaryState {
    return { error }
  }
  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children
    return <ProblemBar error={this.state.error} onRetry={() => this.setState({ error: undefined })} />
  }
}

const useStyles = makeStyles({
  bar: { paddingTop: tokens.spacingVerticalS, paddingBottom: tokens.spacingVerticalS },
  body: { whiteSpace: 'normal', overflowWrap: 'anywhere' },
  place: { margin: 0, fontFamily: tokens.fontFamilyMonospace, whiteSpace: 'pre-wrap' },
  ids: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
})
