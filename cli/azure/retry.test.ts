import { describe, expect, it } from 'vitest';
import { afterTry, mostTries, type Outcome, type Try } from './retry.ts';

const refused = (status: number, retryAfterMs?: number): Outcome => ({
  kind: 'answer',
  refusal: { status, text: '' },
  retryAfterMs,
});
const first: Try = { tries: 1, faults: 1, waitedMs: 0, repeatable: true, notYet: undefined };
const once = { ...first, repeatable: false };
const patient = { ...first, notYet: { forMs: 60_000, when: ({ status }: { status?: number }) => status === 404 } };

describe('what follows a try', () => {
  it.each<[string, Outcome, Try, { waitMs: number } | 'done']>([
    ['an answer', { kind: 'answer', refusal: undefined, retryAfterMs: undefined }, first, 'done'],
    ['a plain refusal', refused(400), first, 'done'],
    ['overload', refused(429), first, { waitMs: 1_000 }],
    ['overload that names a time', refused(429, 7_000), first, { waitMs: 7_000 }],
    ['overload that names an hour', refused(429, 3_600_000), first, { waitMs: 120_000 }],
    ['overload of a call that may not be repeated: the server did not act', refused(429), once, { waitMs: 1_000 }],
    ['a fault of the server', refused(503), { ...first, tries: 3 }, { waitMs: 4_000 }],
    ['a fault of the server that may have acted', refused(503), once, 'done'],
    ['a lost answer', { kind: 'lost' }, first, { waitMs: 1_000 }],
    ['a lost answer of a call that may not be repeated', { kind: 'lost' }, once, 'done'],
    ['the last try', refused(503), { ...first, faults: mostTries }, 'done'],
    ['the last try whose answer was lost', { kind: 'lost' }, { ...first, faults: mostTries }, 'done'],
    ['what is not there yet', refused(404), patient, { waitMs: 1_000 }],
    ['what is not there yet, after many tries', refused(404), { ...patient, tries: 50 }, { waitMs: 30_000 }],
    ['a lost answer after a long wait', { kind: 'lost' }, { ...patient, tries: 50 }, { waitMs: 30_000 }],
    ['what is still not there', refused(404), { ...patient, waitedMs: 60_000 }, 'done'],
    ['another refusal of one who is patient', refused(403), patient, 'done'],
  ])('is decided after %s', (_title, outcome, state, expected) => {
    expect(afterTry(outcome, state)).toEqual(expected);
  });
});
