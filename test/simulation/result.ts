import type { Lived } from './lived.ts';

/** So many worlds count as one test. */
const block = 500;

/** What was lived through as the result of a test run, in the form in which vitest writes its own. */
export function resultOf(from: number, to: number, all: readonly Lived[]) {
  const failed = all.flatMap((lived) => lived.failed);
  const livedThrough = new Set(
    all.flatMap((lived) => Array.from({ length: lived.to - lived.from + 1 }, (_, at) => lived.from + at)),
  );
  const tests = [];
  for (let first = from; first <= to; first += block) {
    const last = Math.min(first + block - 1, to);
    let isWhole = true;
    for (let seed = first; seed <= last; seed++) isWhole &&= livedThrough.has(seed);
    const broken = failed.filter(({ seed }) => seed >= first && seed <= last);
    tests.push({
      fullName: `worlds ${first} to ${last} keep every promise`,
      status: isWhole && broken.length === 0 ? 'passed' : 'failed',
      failureMessages: broken.map(({ seed, what }) => `world ${seed}: ${what}`),
    });
  }
  const passed = tests.filter(({ status }) => status === 'passed').length;
  return {
    success: passed === tests.length,
    numTotalTests: tests.length,
    numPassedTests: passed,
    numFailedTests: tests.length - passed,
    numPendingTests: 0,
    numTodoTests: 0,
    testResults: [
      { name: 'simulation', status: passed === tests.length ? 'passed' : 'failed', assertionResults: tests },
    ],
  };
}
