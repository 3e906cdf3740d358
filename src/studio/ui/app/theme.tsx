import {
  type BrandVariants,
  createDarkTheme,
  createDOMRenderer,
  createLightTheme,
  FluentProvider,
  RendererProvider,
  type Theme,
} from '@fluentui/react-components'
import { createContext, type ReactNode, useContext, useMemo, useSyncExternalStore } from 'react'
import { useStored } from './stored.ts'

/** Light, dark, or as the system says. */
export type Appearance = 'system' | 'light' | 'dark'

const BRAND: BrandVariants = {
  10: '#04121c',
  20: '#0a2233',
  30: '#0c334e',
  40: '#0d4165',
  50: '#0e4f7c',
  60: '#115e93',
  70: '#176da8',
  80: '#1f7dbd',
  90: '#358dcb',
  100: '#4f9dd6',
  110: '#6aade0',
  120: '#85bde8',
  130: '#a0cdef',
  140: '#bbdcf5',
  150: '#d5eafa',
  160: '#ecf6fd',
}

/** Darker than Fluent takes from the ramp, so that white text on the brand colour keeps a contrast of 4.5. */
const light: Theme = {
  ...createLightTheme(BRAND),
  colorBrandBackground: BRAND[60],
  colorBrandBackgroundHover: BRAND[50],
  colorBrandBackgroundPressed: BRAND[40],
  colorBrandForeground1: BRAND[60],
  colorBrandForegroundLink: BRAND[60],
  colorCompoundBrandForeground1: BRAND[60],
  colorCompoundBrandBackground: BRAND[60],
}
const dark: Theme = {
  ...createDarkTheme(BRAND),
  colorBrandBackground: BRAND[70],
  colorBrandBackgroundHover: BRAND[60],
  colorBrandBackgroundPressed: BRAND[50],
  colorBrandForeground1: BRAND[120],
  colorBrandForegroundLink: BRAND[120],
  colorCompoundBrandForeground1: BRAND[120],
}

interface AppearanceChoice {
  readonly appearance: Appearance
  readonly isDark: boolean
  readonly choose: (appearance: Appearance) => void
}

const AppearanceContext = createContext<AppearanceChoice>({
  appearance: 'system',
  isDark: false,
  choose: () => {},
})

export const useAppearance = (): AppearanceChoice => useContext(AppearanceContext)

export function ThemeProvider({ children }: { readonly children: ReactNode }) {
  const [stored, keep] = useStored('appearance', 'system')
  const appearance: Appearance = stored === 'light' || stored === 'dark' ? stored : 'system'
  const systemDark = useSyncExternalStore(watchSystem, () => SYSTEM_DARK.matches)
  const isDark = appearance === 'dark' || (appearance === 'system' && systemDark)
  const choice = useMemo(() => ({ appearance, isDark, choose: keep }), [appearance, isDark, keep])
  return (
    <RendererProvider renderer={renderer}>
      <FluentProvider
        theme={isDark ? dark : light}
        style={{ minHeight: '100%', colorScheme: isDark ? 'dark' : 'light' }}
      >
        <AppearanceContext value={choice}>{children}</AppearanceContext>
      </FluentProvider>
    </RendererProvider>
  )
}

/** Style sheets made by the page carry the nonce of the answer it came with. */
export const styleNonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''

const renderer = createDOMRenderer(document, { styleElementAttributes: { nonce: styleNonce } })

const SYSTEM_DARK = window.matchMedia('(prefers-color-scheme: dark)')

function watchSystem(changed: () => void): () => void {
  SYSTEM_DARK.addEventListener('change', changed)
  return () => SYSTEM_DARK.removeEventListener('change', changed)
}
