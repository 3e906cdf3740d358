import {
  Button,
  Menu,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  mergeClasses,
  Spinner,
  Tooltip,
  tokens,
} from '@fluentui/react-components'
import { DarkThemeRegular, NavigationRegular } from '@fluentui/react-icons'
import { Suspense, useEffect, useState } from 'react'
import { EnvironmentPicker } from './environment.tsx'
import { PAGES } from './pages.tsx'
import { ErrorBoundary } from './problem.tsx'
import { linkTo, useRoute } from './router.ts'
import { type Appearance, useAppearance } from './theme.tsx'

/** What is around every page: the navigation, the environment in use, light and dark. */
export function Shell() {
  const styles = useStyles()
  const { page } = useRoute()
  const [menuOpen, setMenuOpen] = useState(false)
  const current = PAGES.find(({ path }) => path === page) ?? PAGES[0]
  useEffect(() => {
    if (page !== '') setMenuOpen(false)
  }, [page])
  if (current === undefined) return null
  const View = current.view
  return (
    <div className={styles.shell}>
      <button type="button" className={styles.skip} onClick={skipToMain}>
        Skip to the page
      </button>
      <header className={styles.bar}>
        <Button
          className={styles.menuButton}
          appearance="subtle"
          icon={<NavigationRegular />}
          aria-label="Pages"
          aria-expanded={menuOpen}
          aria-controls="pages"
          onClick={() => setMenuOpen(!menuOpen)}
        />
        <span className={styles.name}>
          d365 <span className={styles.studio}>studio</span>
        </span>
        <span className={styles.space} />
        <EnvironmentPicker />
        <AppearanceMenu />
      </header>
      <nav id="pages" aria-label="Pages" className={mergeClasses(styles.nav, menuOpen && styles.navOpen)}>
        {PAGES.filter(({ hidden }) => !hidden).map(({ path, title, icon: Icon }) => (
          <a
            key={path}
            href={linkTo(path)}
            aria-current={path === current.path ? 'page' : undefined}
            className={mergeClasses(styles.link, path === current.path && styles.here)}
          >
            <Icon className={styles.icon} />
            {title}
          </a>
        ))}
      </nav>
      <main id="main" className={styles.main} tabIndex={-1}>
        <ErrorBoundary key={current.path}>
          <Suspense fallback={<Spinner className={styles.wait} label="Loading" />}>
            <View />
          </Suspense>
        </ErrorBoundary>
      </main>
    </div>
  )
}

/** No link: the address after `#` is the page's own. */
function skipToMain(): void {
  document.getElementById('main')?.focus()
}

const APPEARANCES: readonly (readonly [Appearance, string])[] = [
  ['system', 'Like the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
]

function AppearanceMenu() {
  const { appearance, choose } = useAppearance()
  return (
    <Menu
      checkedValues={{ appearance: [appearance] }}
      onCheckedValueChange={(_, { checkedItems }) => {
        const chosen = APPEARANCES.find(([value]) => value === checkedItems[0])
        if (chosen) choose(chosen[0])
      }}
    >
      <MenuTrigger disableButtonEnhancement>
        <Tooltip content="Light or dark" relationship="label">
          <Button appearance="subtle" icon={<DarkThemeRegular />} />
        </Tooltip>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {APPEARANCES.map(([value, label]) => (
            <MenuItemRadio key={value} name="appearance" value={value}>
              {label}
            </MenuItemRadio>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  )
}

/** Below this width the navigation is behind a button. */
const NARROW = '@media (max-width: 760px)'

const useStyles = makeStyles({
  shell: {
    display: 'grid',
    gridTemplateColumns: '200px minmax(0, 1fr)',
    gridTemplateRows: '48px minmax(0, 1fr)',
    height: '100dvh',
    backgroundColor: tokens.colorNeutralBackground2,
    [NARROW]: { gridTemplateColumns: 'minmax(0, 1fr)', gridTemplateRows: '48px auto minmax(0, 1fr)' },
  },
  skip: {
    position: 'absolute',
    left: '-999px',
    zIndex: 10,
    padding: tokens.spacingHorizontalM,
    border: 'none',
    backgroundColor: tokens.colorNeutralBackground1,
    color: tokens.colorBrandForegroundLink,
    ':focus': { left: tokens.spacingHorizontalS, top: tokens.spacingVerticalS },
  },
  bar: {
    gridColumn: '1 / -1',
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    paddingLeft: tokens.spacingHorizontalL,
    paddingRight: tokens.spacingHorizontalS,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    backgroundColor: tokens.colorNeutralBackground1,
    [NARROW]: { paddingLeft: tokens.spacingHorizontalXS },
  },
  menuButton: { display: 'none', [NARROW]: { display: 'inline-flex' } },
  name: { fontWeight: tokens.fontWeightBold, fontSize: tokens.fontSizeBase400, whiteSpace: 'nowrap' },
  studio: { fontWeight: tokens.fontWeightRegular, color: tokens.colorNeutralForeground2 },
  space: { flexGrow: 1 },
  nav: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalXXS,
    padding: tokens.spacingHorizontalS,
    overflowY: 'auto',
    [NARROW]: { display: 'none' },
  },
  navOpen: {
    [NARROW]: {
      display: 'flex',
      backgroundColor: tokens.colorNeutralBackground1,
      borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    },
  },
  link: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalM,
    padding: `${tokens.spacingVerticalSNudge} ${tokens.spacingHorizontalM}`,
    borderRadius: tokens.borderRadiusMedium,
    color: tokens.colorNeutralForeground1,
    textDecorationLine: 'none',
    borderLeft: '3px solid transparent',
    ':hover': { backgroundColor: tokens.colorNeutralBackground1Hover },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '-2px' },
  },
  here: {
    backgroundColor: tokens.colorNeutralBackground1Selected,
    fontWeight: tokens.fontWeightSemibold,
    borderLeft: `3px solid ${tokens.colorCompoundBrandForeground1}`,
  },
  icon: { fontSize: '20px', flexShrink: 0 },
  main: { overflow: 'auto', minWidth: 0, minHeight: 0, outlineStyle: 'none' },
  wait: { marginTop: '15vh' },
})
