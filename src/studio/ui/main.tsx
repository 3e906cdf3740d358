import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app/app.tsx'
import type { Entry } from './app/gate.tsx'
import { linkTo, readRoute } from './app/router.ts'
import { enter } from './server/call.ts'
import './page.css'

/** The key is taken out of the address before anything else, so that neither history nor a bookmark keeps it. */
async function enterByAddress(): Promise<Entry> {
  const { page, rest, query } = readRoute(window.location.hash)
  const key = query.get('key')
  if (key === null) return {}
  query.delete('key')
  window.history.replaceState(null, '', linkTo(page, rest, Object.fromEntries(query)))
  try {
    await enter({ key })
    return {}
  } catch (refused) {
    return { refused }
  }
}

const entry = await enterByAddress()
const root = document.getElementById('root')
if (root)
  createRoot(root).render(
    <StrictMode>
      <App entry={entry} />
    </StrictMode>,
  )
