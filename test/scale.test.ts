import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scaleAssumptions } from '../bench/parts/scale-assumptions.ts';
import { countScale } from '../bench/parts/scale-counts.ts';
import { createEvents } from '../bench/parts/scale-events.ts';
import { liveThrough } from '../bench/parts/scale-model.ts';
import { scalePage } from '../bench/parts/scale-page.ts';
import { resultsOf, scaleResultsForm } from '../bench/parts/scale-results.ts';

const root = join(import.meta.dirname, '..');
const results = scaleResultsForm.parse(JSON.parse(readFileSync(join(root, 'bench/scale.json'), 'utf8')));
const { counted } = results;

describe('docs/scale.md', () => {
  it('says what was counted and what the model made of it (npm run scale -- --page)', () => {
    expect(readFileSync(join(root, 'docs/scale.md'), 'utf8')).toBe(scalePage(results));
  });

  it('was made from what the engine asks of its tables today (npm run scale)', async () => {
    const { idle, one, dispatch, overlooked, sweep } = await countScale();
    expect(counted.store).toMatchObject({ idle, one, dispatch, overlooked, sweep });
  });

  it('was made from what the model says today (npm run scale)', () => {
    for (const { tickSeconds, busy, quiet } of results.sizes.filter((size) => size.busy.mailboxes <= 10_000)) {
      expect(resultsOf(busy.mailboxes, tickSeconds, counted)).toEqual({ busy, quiet });
    }
  });
});

describe('the timers', () => {
  it('ask several shards at a time, so that they are done within a tick where there are many', () => {
    const { dispatch, overlooked, sweep } = counted.store;
    expect(dispatch.lanes.mostAtOnce).toBe(dispatch.shards);
    expect(overlooked.mostAtOnce).toBe(dispatch.shards);
    expect(sweep.mostAtOnce).toBe(dispatch.shards);
  });
});

describe('the model', () => {
  const live = (mailboxes: number, instances: number, given = {}) =>
    liveThrough({ mailboxes, instances }, counted, { ...scaleAssumptions, tickSeconds: 60, ...given });

  it('takes longer with fewer instances, with a store that is far, and with one that allows less', () => {
    const enough = live(3_000, 3);
    expect(live(3_000, 1).polled.p95).toBeGreaterThan(enough.polled.p95);
    expect(live(3_000, 3, { tableSeconds: 1 }).polled.median).toBeGreaterThan(enough.polled.median + 1);
    expect(live(3_000, 3, { accountUnitsPerSecond: 300 }).polled.p95).toBeGreaterThan(enough.polled.p95 + 5);
    expect(live(3_000, 3, { partitionUnitsPerSecond: 100 }).polled.median).toBeGreaterThan(enough.polled.median + 1);
  });

  it('gives every shard its run and asks for what was counted, where nothing is short', () => {
    const { runsPerTick, transactionsPerTick, unitsPerTick } = live(1_280, 4, { messagesPerMailboxAndHour: 0 });
    expect(runsPerTick).toBe(20);
    expect(transactionsPerTick).toBe(20 * counted.store.idle.transactions);
    expect(unitsPerTick).toBe(20 * counted.store.idle.units);
  });

  it('delivers as many messages as arrive', () => {
    const { messages } = live(6_400, 8);
    const arrive = (6_400 * scaleAssumptions.messagesPerMailboxAndHour) / 60;
    expect(messages / arrive).toBeGreaterThan(0.9);
    expect(messages / arrive).toBeLessThan(1.1);
  });

  it('lets things happen in the order of their times, and those of one time in the order in which they were added', () => {
    const events = createEvents();
    const seen: string[] = [];
    for (const [time, name] of [
      [3, 'c'],
      [1, 'a'],
      [3, 'd'],
      [2, 'b'],
      [9, 'late'],
    ] as const) {
      events.at(time, () => {
        seen.push(`${name}${events.now}`);
        if (name === 'b') events.at(0, () => seen.push(`at once${events.now}`));
      });
    }
    events.runUntil(5);
    expect(seen).toEqual(['a1', 'b2', 'at once2', 'c3', 'd3']);
    expect(events.now).toBe(5);
  });
});
