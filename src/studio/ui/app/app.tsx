import { QueryClientProvider } from '@tanstack/react-query'
import { useState } from 'react'
import { createQueryClient } from '../server/hooks.ts'
import { EnvironmentProvider } from './environment.tsx'
import { type Entry, Gate } from './gate.tsx'
import { Shell } from './shell.tsx'
import { ThemeProvider } from './theme.tsx'

/** The whole studio in the browser; `entry` says how the page was let in. */
export function App({ entry }: { readonly entry: Entry }) {
  const [client] = useState(createQueryClient)
  return (
    <ThemeProvider>
      <QueryClientProvider client={client}>
        <Gate entry={entry}>
          <EnvironmentProvider>
            <Shell />
          </EnvironmentProvider>
        </Gate>
      </QueryClientProvider>
    </ThemeProvider>
  )
}
