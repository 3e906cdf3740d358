import { defineConfig } from 'vitest/config'

/** `npm run screenshots`: every page, light and dark, as pictures. */
export default defineConfig({
  test: { include: ['test/studio/screenshots.ts'], testTimeout: 120_000, hookTimeout: 120_000 },
})
