import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assumptions, month } from '../bench/parts/cost-model.ts';
import { type CostOptions, priceOf } from '../bench/parts/cost-options.ts';
import { costPage } from '../bench/parts/cost-page.ts';
import { countIdle, countsForm } from '../bench/parts/count.ts';
import { officesForm } from '../bench/parts/office.ts';

const root = join(import.meta.dirname, '..');
const offices = officesForm.parse(JSON.parse(readFileSync(join(root, 'bench/rhythm.json'), 'utf8')));
const counts = countsForm.parse(JSON.parse(readFileSync(join(root, 'bench/counts.json'), 'utf8')));

describe('what an idle run asks for', () => {
  it('is three table operations for 64 mailboxes, of which one row changes, and nothing of Key Vault', async () => {
    const { idle, start } = await countIdle();
    expect(idle).toMatchObject({
      mailboxes: 64,
      shardTableOperations: 3,
      dispatchTableOperations: 1,
      rowsChanged: 1,
      vaultReads: 0,
      tokenRequests: 0,
      // One STATUS for each folder.
      warmCommands: idle.folders,
    });
    // The counter sees Key Vault where it is read: by a process that begins.
    expect(start.vaultReads).toBeGreaterThan(0);
    expect(start.tokenRequests).toBeGreaterThan(0);
    // What the page was made from is what is counted now.
    const { warmCpuMs, coldCpuMs, logBytes, ...counted } = idle;
    expect(counts.idle).toMatchObject(counted);
    expect(counts.start).toEqual(start);
    // Of the 1,200 bytes that the model takes for a record, a line of ours is a third at most; the rest is what Azure adds.
    expect(logBytes / idle.logLines).toBeLessThanOrEqual(assumptions.logRecordBytes / 3);
  });
});

describe('docs/cost.md', () => {
  it('says what the counts, the assumptions and the prices come to (npm run cost -- --page)', () => {
    expect(readFileSync(join(root, 'docs/cost.md'), 'utf8')).toBe(costPage(counts, offices));
  });
});

describe('the formula', () => {
  it('costs less where mailboxes are polled less often', () => {
    const all = month(1000, counts, { ...assumptions, polledShare: 1 });
    const adaptive = month(1000, counts);
    expect(all.polls).toBe(1000 * 129_600);
    expect(adaptive.polls).toBeCloseTo(1000 * 129_600 * assumptions.polledShare);
    expect(adaptive.gbSeconds).toBeLessThan(all.gbSeconds);
    expect(adaptive.total).toBeLessThan(all.total);
    expect(month(1000, counts, { ...assumptions, tickSeconds: 60 }).total).toBeLessThan(adaptive.total);
  });

  it('takes the share of mailboxes that the simulator saw polled in a tick', () => {
    const office = offices.find(({ intervalSeconds }) => intervalSeconds === assumptions.tickSeconds);
    expect(office?.shareOfPolls).toBeCloseTo(assumptions.polledShare, 1);
  });

  it('costs at most a dollar a month for 20 mailboxes, whose mail waits less than 15 seconds in the median', () => {
    expect(month(20, counts).total).toBeLessThanOrEqual(1);
    expect(offices[0]?.intervalSeconds).toBe(assumptions.tickSeconds);
    expect(offices[0]?.after.median).toBeLessThan(15);
  });

  it('reads Key Vault by processes and by time, not by polls', () => {
    expect(month(1000, counts).vaultReads).toBe(month(5, counts).vaultReads);
  });

  it('counts a shard once it holds a mailbox', () => {
    const ticks = 129_600;
    const runs = (mailboxes: number) =>
      month(mailboxes, counts, { ...assumptions, tokensPerMailboxAndDay: 0 }).executions;
    expect(runs(64) - runs(1)).toBe(0);
    // The only one is run by the timer, two are queued.
    expect(runs(65) - runs(64)).toBe(2 * ticks);
    expect(runs(129) - runs(128)).toBe(ticks);
  });

  it('takes what is free off, and never goes below nothing', () => {
    const idle = month(1, counts, { ...assumptions, tickSeconds: 3600, messagesPerMailboxAndDay: 0 });
    expect(idle.compute).toBe(0);
    expect(idle.total).toBeGreaterThan(0);
  });
});

describe('the price of the options', () => {
  const plain: CostOptions = { mailboxes: 30, memoryMb: 512, network: 'none', separateTables: false, logRules: 0 };
  const price = (chosen: Partial<CostOptions>) => priceOf({ ...plain, ...chosen }, counts);
  const names = (chosen: Partial<CostOptions>) => price(chosen).lines.map(({ name }) => name);

  it('is at most a dollar a month for 30 mailboxes without alerts', () => {
    expect(price({}).total).toBeLessThanOrEqual(1);
    expect(price({}).total).toBeCloseTo(month(30, counts).total);
  });

  it('has a line of its own for alerts, and for each part of a network', () => {
    expect(names({})).toEqual(['Functions', 'Storage and Key Vault', 'Log']);
    expect(price({ logRules: 2 }).total - price({}).total).toBeCloseTo(1);
    expect(names({ network: 'nat' })).toContain('Network');
    expect(names({ network: 'private', logRules: 2 }).slice(3)).toEqual(['Alerts', 'Network', 'Private endpoints']);
    expect(price({ network: 'private', separateTables: true }).total).toBeGreaterThan(
      price({ network: 'private' }).total,
    );
  });

  it('takes the free log off, and says what the log costs where another app has used the grant up', () => {
    const { lines, total, logWithoutGrant } = price({});
    expect(lines.find(({ name }) => name === 'Log')?.usd).toBe(0);
    expect(logWithoutGrant.usd).toBeGreaterThan(0);
    expect(total).toBeCloseTo(lines.reduce((sum, { usd }) => sum + usd, 0));
  });

  it('grows with the memory of an instance', () => {
    expect(price({ memoryMb: 2048 }).total).toBeGreaterThan(price({}).total);
  });
});
