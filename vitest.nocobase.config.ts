import { defineConfig } from 'vitest/config';

// `npm run test:nocobase`: the suites that need a real NocoBase. They take minutes and gigabytes, so `npm test` is
// without them.
export default defineConfig({
  test: {
    include: ['test/nocobase/**/*.nocobase.ts'],
    globalSetup: ['test/support/nocobase/prepare.ts'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // Each suite brings up a NocoBase of its own, which alone keeps a core busy while it starts.
    fileParallelism: false,
  },
});
