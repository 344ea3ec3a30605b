import { describe, expect, it } from 'vitest';
import { mailboxStates } from '../../store/rows/rows.ts';
import { countDelivered, countFields, createRunCounts } from './run-counts.ts';

const at = (seconds: number) => new Date(1_800_000_000_000 + seconds * 1000);
const run = { shard: 3, tick: 7, ms: 12.6, held: 1 };

describe('the counts of a run', () => {
  it('add up delays of new mail alone, and keep the longest', () => {
    const counts = createRunCounts();
    countDelivered(counts, at(30), at(0));
    countDelivered(counts, at(100), at(10));
    countDelivered(counts, at(100), undefined);
    expect(countFields(counts, [], run)).toMatchObject({
      delivered: 3,
      timely: 2,
      lagSeconds: 120,
      longestLagSeconds: 90,
    });
  });

  it('take a mail from a server whose clock is ahead for one without delay', () => {
    const counts = createRunCounts();
    countDelivered(counts, at(0), at(5));
    expect(counts).toMatchObject({ timely: 1, lagMs: 0, longestLagMs: 0 });
  });

  it('name every state of a mailbox, also one that no mailbox is in', () => {
    const fields = countFields(createRunCounts(), ['active', 'active', 'reconnect_required'], run);
    expect(fields).toMatchObject({ active: 2, reconnectRequired: 1, degraded: 0, paused: 0 });
    const named = mailboxStates.map((state) => state.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()));
    for (const name of named) expect(fields, name).toHaveProperty(name);
  });

  it('make a line that the cost model reckons with', () => {
    const busy = Object.fromEntries(Object.keys(createRunCounts()).map((name) => [name, 86_400_000]));
    const states = mailboxStates.flatMap((state) => Array.from({ length: 64 }, () => state));
    const fields = countFields({ ...createRunCounts(), ...busy }, states, {
      shard: 9999,
      tick: 2 ** 31,
      ms: 45_000,
      held: 64,
    });
    expect(JSON.stringify({ level: 'info', event: 'shard.finished', ...fields }).length).toBeLessThanOrEqual(400);
  });

  it('stand in the line as whole numbers beside the run that they are of', () => {
    const fields = countFields({ ...createRunCounts(), lagMs: 1_499 }, [], run);
    expect(fields).toMatchObject({ shard: 3, tick: 7, ms: 13, held: 1, lagSeconds: 1 });
    expect(fields).not.toHaveProperty('lagMs');
  });
});
