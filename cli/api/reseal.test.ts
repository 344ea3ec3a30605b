import { expect, it } from 'vitest';
import type { ResealProgress } from '../../src/lib/store/deployment/reseal-progress.ts';
import { readReseal } from './reseal.ts';

/** As the broker keeps it; the answer is this in JSON (src/functions/operations/reseal.ts). */
const progress: ResealProgress = {
  version: 'b',
  at: new Date(0),
  left: 2,
  kinds: [{ kind: 'grants', rows: 3, left: 2, failed: 1, broken: 1 }],
  expiring: [
    { kind: 'links', count: 2, until: new Date('2026-11-23T00:00:00Z') },
    { kind: 'sign-ins under way', count: 1, until: undefined },
  ],
  settledAt: new Date('2026-11-20T13:05:00Z'),
  done: false,
};

it('reads the progress as the broker answers it', () => {
  expect(readReseal(JSON.parse(JSON.stringify({ progress })))).toEqual({
    version: 'b',
    left: 2,
    kinds: [{ kind: 'grants', rows: 3, failed: 1, broken: 1 }],
    expiring: [
      { kind: 'links', count: 2, until: Date.parse('2026-11-23T00:00:00Z') },
      { kind: 'sign-ins under way', count: 1 },
    ],
    settledAt: Date.parse('2026-11-20T13:05:00Z'),
    done: false,
  });
});

it.each([{ progress: null }, { progress: {} }, undefined, 'Function host is not running.'])(
  'finds none in %j',
  (body) => {
    expect(readReseal(body)).toBeUndefined();
  },
);
