import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    isolate: false,
    // Most tests wait for sockets; more workers than cores fill the waiting.
    maxWorkers: 4,
    experimental: { fsModuleCache: true },
    setupFiles: ['test/support/load-uws.ts'],
    globalSetup: ['test/support/build-dist.ts', 'test/support/install-packages.ts'],
    reporters: ['default', './test/support/closing-line-reporter.ts'],
    // Limits for what never comes: a busy machine may be late without failing.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
