import { describe, expect, it } from 'vitest';
import type { OutboxRow } from '../../store/rows/rows.ts';
import { afterFailure, isOutboxDue } from './outbox-retry.ts';

const now = new Date('2026-11-22T08:00:00Z');
const fresh: OutboxRow = { mailboxId: 'mbx_1', id: 'e_1', type: 'message.updated', at: now, data: '{}' };
const waitOf = (row: OutboxRow | undefined) =>
  (row?.nextAt === undefined ? 0 : row.nextAt.getTime() - now.getTime()) / 60_000;

/** The waits in minutes, as long as it is not given up. */
function waits(kind: 'refused' | 'held', counts: boolean, most = 20): number[] {
  const found: number[] = [];
  let row: OutboxRow | undefined = fresh;
  while (found.length < most) {
    row = afterFailure(row, { kind, counts, now });
    if (row === undefined) break;
    found.push(waitOf(row));
  }
  return found;
}

describe('an event that fails again and again', () => {
  it('waits longer each time it is refused, and is given up after ten that count', () => {
    expect(waits('refused', true)).toEqual([1, 2, 5, 10, 20, 30, 60, 60, 60]);
  });

  it('is given up likewise if it alone takes too long for the destination', () => {
    expect(waits('held', true)).toEqual([1, 2, 5, 10, 20, 30, 60, 60, 60]);
  });

  it('is never given up while nothing is accepted, and then not late by more than five minutes', () => {
    expect(waits('refused', false, 100)).toEqual([1, 2, ...Array<number>(98).fill(5)]);
  });

  it('waits for nothing but the hold while its destination fails', () => {
    expect(waits('held', false, 100)).toEqual(Array<number>(100).fill(0));
  });

  it.each<[string, number | undefined, number | undefined, boolean, boolean]>([
    ['was never tried', undefined, undefined, false, true],
    ['has waited for long enough', 60, 0, false, true],
    ['has to wait, and nothing waits behind it', 50, -1, false, false],
    ['has to wait, and others wait behind it', 4, -1, true, false],
    ['has to wait, and others have waited behind it for five minutes', 5, -1, true, true],
  ])('is due or not if it %s', (_what, failedMinutes, nextMinutes, isInTheWay, isDue) => {
    const at = (minutes: number | undefined) =>
      minutes === undefined ? undefined : new Date(now.getTime() - minutes * 60_000);
    const row = { ...fresh, failedAt: at(failedMinutes), nextAt: at(nextMinutes) };
    expect(isOutboxDue(row, now, () => isInTheWay)).toBe(isDue);
  });

  it('remembers when it failed', () => {
    expect(afterFailure(fresh, { kind: 'held', counts: false, now })).toMatchObject({ failedAt: now, attempts: 0 });
  });
});
