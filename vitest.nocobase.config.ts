import { defineConfig } from 'vitest/config';

// `npm run test:nocobase`: the suites that need a real NocoBase. They take minutes and gigabytes, so `npm test` is
// without them.
export default defineConfig({
  test: {
    include: ['test/nocobase/**/*.nocobase.ts'],
    globalSetup: ['test/support/temp-folder.ts', 'test/support/nocobase/prepare.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    // The build machine is shared; what needed a second try is named in its output.
    retry: process.env.CI === undefined ? 0 : 2,
    // Each suite brings up a NocoBase of its own, which alone keeps a core busy while it starts.
    fileParallelism: false,
  },
});
