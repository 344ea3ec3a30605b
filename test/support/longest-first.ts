import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The suites that take longest, the longest first. Vitest goes by how long each took the last time, and by the size of
 * the file where there was no last time, which says little: a long one that begins last is waited for by the others.
 */
const longest = [
  'test/kill-runs/kill-runs',
  'test/simulation/simulation',
  'test/connecting',
  'test/reseal',
  'test/replay',
  'test/browser',
  'test/engine-chaos',
  'test/dead-grant',
  'test/delivery',
  'test/kill',
  'test/several-mailboxes',
  'test/package',
  'test/docs-run',
  'test/no-secret-leaves',
  'test/start',
  'test/outages',
  'test/main-job',
  'test/cost',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const place = ({ moduleId }: TestSpecification): number => {
      const found = longest.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
      return found === -1 ? longest.length : found;
    };
    return sorted.toSorted((a, b) => place(a) - place(b));
  }
}
