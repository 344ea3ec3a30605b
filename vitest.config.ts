import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Unit tests stand beside their file; suites that need more than one part stand in test/.
    include: ['src/**/*.test.ts', 'local/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Every integration suite brings up its own servers; two cores carry two of them.
    maxWorkers: 2,
  },
});
