import { beforeEach, describe, expect, it } from 'vitest';
import { createOverlap, type Overlap } from './overlap.ts';

let now: number;
let overlap: Overlap;

beforeEach(() => {
  now = 1000;
  overlap = createOverlap(() => now);
});

/** A batch after which all work together. */
function together(batchMs: number, workMs: number): void {
  overlap.told();
  now += workMs;
  overlap.asked();
  const stored = overlap.sending(false);
  now += batchMs;
  stored();
}

/** A batch during which one half works, and is done before it is stored, or goes on after it. */
function inHalves(batchMs: number, workOfHalfMs: number): void {
  const stored = overlap.sending(true);
  overlap.told();
  now += Math.min(batchMs, workOfHalfMs);
  overlap.asked();
  now += Math.max(0, batchMs - workOfHalfMs);
  stored();
}

describe('work and batches at the same time', () => {
  it.each([
    // Of 32 messages, at 0.7 ms each.
    { batchMs: 2, workMs: 22, pays: true },
    { batchMs: 13, workMs: 22, pays: true },
    { batchMs: 30, workMs: 22, pays: false },
    { batchMs: 100, workMs: 22, pays: false },
    // A receiver that takes its time.
    { batchMs: 13, workMs: 100, pays: true },
  ])('with batches of $batchMs ms and $workMs ms of work: $pays', ({ batchMs, workMs, pays }) => {
    for (let batch = 0; batch < 8; batch++) together(batchMs, workMs);
    expect(overlap.pays).toBe(pays);
    for (let batch = 0; batch < 8; batch++) inHalves(batchMs, workMs / 2);
    expect(overlap.pays).toBe(pays);
  });

  it('follow a service that becomes slower, and faster again', () => {
    for (let batch = 0; batch < 8; batch++) inHalves(10, 8);
    expect(overlap.pays).toBe(true);
    for (let batch = 0; batch < 4; batch++) inHalves(60, 8);
    expect(overlap.pays).toBe(false);
    for (let batch = 0; batch < 4; batch++) together(10, 16);
    expect(overlap.pays).toBe(true);
  });
});
