import { defineConfig } from 'vitest/config';

// `npm run test:planted-bugs`: each of the bugs that are planted in a bundle of the broker has to be found by the simulator.
// That takes a core for some minutes, and says more of the simulator than of the broker, so `npm test` is without it.
export default defineConfig({
  test: {
    include: ['test/simulation/**/*.planted-bugs.ts'],
    globalSetup: ['test/support/temp-folder.ts'],
    // The build machine is shared; what needed a second try is named in its output.
    retry: process.env.CI === undefined ? 0 : 2,
  },
});
