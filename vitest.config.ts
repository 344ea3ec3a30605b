import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

// Workers, hosts and emulators are processes of their own, dozens in a run: what one has compiled the next one takes.
process.env.NODE_COMPILE_CACHE ??= resolve(import.meta.dirname, 'node_modules/.cache/compiled');

// These replace a module, a global or an environment variable, which no other file should meet.
const replacing = [
  'src/functions/**/*.test.ts',
  'local/azure/vault.test.ts',
  'local/host/timers.test.ts',
  'test/no-secret-leaves.test.ts',
];
const units = ['src/**/*.test.ts', 'cli/**/*.test.ts', 'client/**/*.test.ts'];

export default defineConfig({
  test: {
    // Far more than a quiet machine needs: a shared one is sometimes ten times slower, and no test measures time.
    testTimeout: 120_000,
    // The build machine is shared, too; what needed a second try is named in its output.
    retry: process.env.CI === undefined ? 0 : 2,
    // Before a suite several servers start, all at once.
    hookTimeout: 240_000,
    globalSetup: ['test/support/temp-folder.ts', 'test/support/azurite-of-all.ts'],
    // Integration suites bring up servers of their own and wait for them half of the time: two cores carry six.
    maxWorkers: 6,
    sequence: { sequencer: LongestFirst },
    // A process of its own costs a file about 0.7 s of processor time, most of it for loading what the next one loads again.
    projects: [
      { extends: true, test: { name: 'replacing', include: replacing } },
      {
        extends: true,
        // Suites that need more than one part stand in test/.
        test: {
          name: 'suites',
          include: ['local/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: replacing,
          isolate: false,
        },
      },
      {
        extends: true,
        // Unit tests stand beside their file.
        test: { name: 'units', include: units, exclude: replacing, isolate: false },
      },
    ],
  },
});
