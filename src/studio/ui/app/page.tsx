import { Body1, makeStyles, mergeClasses, tokens, typographyStyles } from '@fluentui/react-components'
import { type ReactNode, useEffect, useRef } from 'react'

interface PageProps {
  readonly title: string
  /** One sentence: what this page is for. */
  readonly lead?: ReactNode
  /** Buttons beside the title. */
  readonly actions?: ReactNode
  /** True: the page fills the window and its parts scroll for themselves, as a grid does. */
  readonly full?: boolean
  readonly children: ReactNode
}

/** The frame of a page: its title gets the focus when one arrives, so that a screen reader says where one is. */
export function Page({ title, lead, actions, full = false, children }: PageProps) {
  const styles = useStyles()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} - d365 studio`
    heading.current?.focus({ preventScroll: true })
  }, [title])
  return (
    <div className={mergeClasses(styles.page, full && styles.full)}>
      <header className={styles.header}>
        <div className={styles.words}>
          <h1 ref={heading} tabIndex={-1} className={styles.title}>
            {title}
          </h1>
          {lead !== undefined && <Body1 as="p">{lead}</Body1>}
        </div>
        {actions}
      </header>
      {children}
    </div>
  )
}

const useStyles = makeStyles({
  page: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalL,
    padding: 'clamp(12px, 2.5vw, 32px)',
    boxSizing: 'border-box',
    minWidth: 0,
  },
  full: { height: '100%', minHeight: '480px' },
  header: {
    display: 'flex',
    flexWrap: 'wrap',
    gap: tokens.spacingHorizontalL,
    alignItems: 'end',
    justifyContent: 'space-between',
    '& p': { margin: 0, color: tokens.colorNeutralForeground2, maxWidth: '72ch' },
  },
  words: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalXS, minWidth: 0 },
  title: { ...typographyStyles.title2, margin: 0, outlineStyle: 'none', overflowWrap: 'anywhere' },
})
