import { describe, expect, it } from 'vitest';
import { addHour, decodeHours, encodeHours, hourOf } from './hour-counts.ts';

const none = { delivered: 0, failed: 0, dead: 0 };
const at = (hour: number, delivered: number) => ({ hour, delivered, failed: 0, dead: 0 });

describe('the counts of an hour', () => {
  it.each([
    ['begin with the first that counts', [], 7, { ...none, delivered: 2 }, [at(7, 2)]],
    ['add up within the hour', [at(7, 2)], 7, { ...none, delivered: 3 }, [at(7, 5)]],
    ['take no room where nothing happened', [at(7, 2)], 8, none, [at(7, 2)]],
    ['are kept for a day', [at(7, 2)], 30, { ...none, delivered: 1 }, [at(7, 2), at(30, 1)]],
    ['go when they are a day old', [at(7, 2)], 31, { ...none, delivered: 1 }, [at(31, 1)]],
    ['go even if nothing happens any more', [at(7, 2)], 31, none, []],
    ['of a clock that was ahead go, too', [at(99, 2)], 7, { ...none, delivered: 1 }, [at(7, 1)]],
    ['stop at what four bytes hold', [at(7, 0xffff_ffff)], 7, { ...none, delivered: 1 }, [at(7, 0xffff_ffff)]],
  ])('%s', (_, before, hour, more, after) => {
    expect(addHour(before, hour, more)).toEqual(after);
  });

  it('come back from the row as they were', () => {
    const hours = [
      { hour: 500_000, delivered: 1, failed: 2, dead: 3 },
      { hour: 500_001, delivered: 0xffff_ffff, failed: 0, dead: 0 },
    ];
    expect(decodeHours(encodeHours(hours))).toEqual(hours);
    expect(encodeHours([])).toHaveLength(0);
  });

  it('are of the hour that an instant lies in', () => {
    expect(hourOf(new Date('1970-01-01T01:59:59.999Z'))).toBe(1);
  });
});
