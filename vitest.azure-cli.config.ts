import { defineConfig } from 'vitest/config';

// `npm run test:azure-cli`: Debian's azure-cli parses every command line of the deploy. It is 1.4 GB, so `npm test` is
// without it.
export default defineConfig({
  test: {
    include: ['test/azure-cli/**/*.azure-cli.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Each is a process of Python that starts for a second.
    maxConcurrency: 3,
    // The build machine is shared; what needed a second try is named in its output.
    retry: process.env.CI === undefined ? 0 : 2,
  },
});
