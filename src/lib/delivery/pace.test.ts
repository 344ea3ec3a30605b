import { describe, expect, it } from 'vitest';
import { afterAnswer, firstPace, type Pace } from './pace.ts';

/** The pace after a receiver has answered so often; `tookMs` says how long it takes with so many at work. */
function paced(count: number, tookMs: (atOnce: number) => number, from: Pace = firstPace): Pace {
  let pace = from;
  let at = Math.max(0, pace.at);
  for (let n = 0; n < count; n++) {
    const took = tookMs(pace.window);
    at += took / pace.window;
    pace = afterAnswer(pace, { tookMs: took, at });
  }
  return pace;
}

describe('the window of a destination', () => {
  it.each([
    ['is the least before any answer', 0, () => 100, 8],
    ['is the least until as many answers as it holds have come', 7, () => 100, 8],
    ['grows when they came in time', 8, () => 100, 16],
    ['grows by as much each time', 8 + 16, () => 100, 24],
    ['is at most 32', 1000, () => 100, 32],
    ['grows although a near receiver takes a few milliseconds longer', 1000, (atOnce: number) => 1 + atOnce / 4, 32],
  ])('%s', (_, count, tookMs, expected) => {
    expect(paced(count, tookMs).window).toBe(expected);
  });

  it('does not grow where a receiver works on one message after the other', () => {
    // The first of eight is answered at once, and shows how fast it could be.
    const begun = afterAnswer(firstPace, { tookMs: 20, at: 0 });
    expect(paced(1000, (atOnce) => 20 * atOnce, begun).window).toBe(8);
  });

  it('grows no further than a receiver bears that takes sixteen at once', () => {
    const begun = afterAnswer(firstPace, { tookMs: 20, at: 0 });
    const seen = new Set<number>();
    let pace = begun;
    for (let n = 0; n < 1000; n++) {
      pace = paced(1, (atOnce) => 20 * Math.max(1, atOnce / 8), pace);
      seen.add(pace.window);
    }
    expect(Math.max(...seen)).toBeLessThan(32);
  });

  it('shrinks when a receiver gets slower, and is the least again', () => {
    const wide = paced(1000, () => 20);
    expect(paced(300, () => 200, wide).window).toBe(8);
  });

  it('begins anew after a pause', () => {
    const wide = paced(1000, () => 20);
    const later = afterAnswer(wide, { tookMs: 20, at: wide.at + 10_001 });
    expect(later).toMatchObject({ window: 8, answers: 1, fastestMs: 20, usualMs: 20 });
  });
});
