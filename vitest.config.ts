import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    reporters: ['default', './test/summary-reporter.ts'],
    testTimeout: 30_000,
    // Browsers on a busy machine take their time.
    expect: { poll: { timeout: 15_000 } },
    hookTimeout: 60_000,
  },
})
