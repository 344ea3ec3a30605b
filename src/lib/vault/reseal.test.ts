import { describe, expect, it } from 'vitest';
import type { KeyedRow, KeyedRows } from '../domain/sealing.ts';
import { type ErrorCode, errorTable } from '../error-codes.ts';
import { BrokerError } from '../errors.ts';
import { createReseal, type ResealReport } from './reseal.ts';
import type { Vault } from './types.ts';

const createdOn = new Date('2026-11-22T10:00:00Z');
/** Long after the newest version was made. */
const clock = { now: () => createdOn.getTime() + 2 * 60 * 60_000 };
const vault = { secret: async () => ({ value: '', version: 'b'.repeat(32), createdOn }) };

/** Rows whose state is known; `renew` may be made to fail or to do something else first. */
function rowsOf(states: Record<string, KeyedRow['state']>, renewing: (id: string) => void | Promise<void> = () => {}) {
  const rows = new Map(Object.entries(states));
  const renewed: string[] = [];
  const keyed: KeyedRows = {
    kind: 'things',
    async *scan() {
      for (const [id, state] of rows) yield { id, state };
    },
    async renew(id) {
      await renewing(id);
      renewed.push(id);
      rows.set(id, 'newest');
    },
  };
  return { keyed, renewed, rows };
}
const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`row${index}`, 'old' as const]));
const thing = (report: ResealReport) => report.kinds[0];

describe('re-sealing', () => {
  it('moves what is old, leaves the rest, and tells of both', async () => {
    const { keyed, renewed } = rowsOf({ a: 'old', b: 'newest', c: 'broken', d: 'old' });
    const steps: string[] = [];
    const report = await createReseal({ vault, clock, keyed: [keyed], expiring: [] })({
      progress: (kind, done, of) => steps.push(`${kind} ${done}/${of}`),
    });
    expect(renewed.sort()).toEqual(['a', 'd']);
    expect(report.left).toBe(0);
    expect(thing(report)).toEqual({ kind: 'things', rows: 4, renewed: 2, left: 0, failed: [], broken: ['c'] });
    expect(steps).toEqual(['things 0/2', 'things 1/2', 'things 2/2']);
  });

  it('finishes the rows in progress when interrupted, begins no other, and continues in the next run', async () => {
    const interrupted = new AbortController();
    let begun = 0;
    const { keyed, renewed } = rowsOf(many(50), () => {
      if (++begun === 10) interrupted.abort();
    });
    const run = createReseal({ vault, clock, keyed: [keyed], expiring: [] });
    const report = await run({ signal: interrupted.signal });
    expect(renewed.length).toBeGreaterThanOrEqual(10);
    expect(renewed.length).toBeLessThan(20);
    expect(report.left).toBe(50 - renewed.length);
    expect((await run()).left).toBe(0);
    expect(new Set(renewed).size).toBe(50);
  });

  it('finds what was written under the old version meanwhile', async () => {
    const { keyed, rows } = rowsOf(many(5), (id) => {
      if (id === 'row0') rows.set('late', 'old');
    });
    expect((await createReseal({ vault, clock, keyed: [keyed], expiring: [] })()).left).toBe(0);
    expect(rows.get('late')).toBe('newest');
  });

  it.each<ErrorCode>(['seal_broken', 'row_broken', 'key_invalid', 'conflict'])(
    'names a row that cannot be moved because of %s, and moves the others',
    async (code) => {
      const { keyed, renewed } = rowsOf(many(20), (id) => {
        if (id === 'row7') throw new BrokerError(code);
      });
      const report = await createReseal({ vault, clock, keyed: [keyed], expiring: [] })();
      expect(renewed).toHaveLength(19);
      expect(thing(report)).toMatchObject({ left: 1, failed: [{ id: 'row7', code }] });
    },
  );

  it('ends at once when the vault or the table is gone', async () => {
    let asked = 0;
    const { keyed } = rowsOf(many(40), () => {
      asked++;
      throw new BrokerError('vault_unreachable');
    });
    await expect(createReseal({ vault, clock, keyed: [keyed], expiring: [] })()).rejects.toThrow(
      errorTable.vault_unreachable.sentence,
    );
    expect(asked).toBeLessThanOrEqual(4);
  });

  it('says until when instances may not have heard of the new version, and what else needs an old one', async () => {
    const asked: Date[] = [];
    const until = new Date('2026-12-01T00:00:00Z');
    const waiting = async (before: Date) => {
      asked.push(before);
      return { count: 3, until };
    };
    const report = await createReseal({
      vault,
      clock,
      keyed: [],
      expiring: [
        { kind: 'links', waiting },
        { kind: 'none', waiting: async () => ({ count: 0, until: undefined }) },
      ],
    })();
    // Five minutes of cache, and an hour through an outage of the vault.
    expect(report.settledAt).toEqual(new Date('2026-11-22T11:05:00Z'));
    expect(report.expiring).toEqual([{ kind: 'links', count: 3, until }]);
    expect(asked).toEqual([report.settledAt]);
  });

  it('is done only when an older version may go', async () => {
    const settled = Date.UTC(2026, 10, 22, 11, 5);
    const done = async (
      now: number,
      states: Record<string, KeyedRow['state']>,
      options = {},
      from: Pick<Vault, 'secret'> = vault,
    ) => {
      const { keyed } = rowsOf(states, (id) => {
        if (id === 'stuck') throw new BrokerError('seal_broken');
      });
      return (await createReseal({ vault: from, clock: { now: () => now }, keyed: [keyed], expiring: [] })(options))
        .done;
    };
    expect(await done(settled, many(3))).toBe(true);
    expect(await done(settled, { a: 'broken' })).toBe(true);
    // An instance that has not heard of the newest version may write after we looked.
    expect(await done(settled - 1, many(3))).toBe(false);
    expect(await done(settled - 1, {})).toBe(false);
    expect(await done(settled, { stuck: 'old' })).toBe(false);
    expect(await done(settled, {}, { signal: AbortSignal.abort() })).toBe(false);
    const silent = { secret: async () => ({ value: '', version: 'b'.repeat(32) }) };
    expect(await done(settled, {}, {}, silent)).toBe(false);
  });
});
