import { beforeEach, describe, expect, it } from 'vitest';
import { mailbox, type SendingWorld, sendingWorld, startProcess } from '../../../../test/support/sending-world.ts';
import { dayMs, hourMs, minuteMs } from '../../domain/duration.ts';
import { dueLanes } from '../due-lanes.ts';
import { sweepSubmissions } from '../sweep.ts';
import { endSubmissions } from './end-of-mailbox.ts';

let world: SendingWorld;
beforeEach(async () => {
  world = await sendingWorld();
});

const events = async () =>
  (await world.rows('mail', 'o!')).map(({ values }) => values as { readonly type: string; readonly data: string });
const log = { info() {}, warn() {}, error() {} };
const sweep = () => sweepSubmissions({ store: world.store, blobs: world.blobs, log, wakeDraft: async () => {} });

describe('a mailbox that is removed', () => {
  it('has what waits cancelled and told, and keeps no row but the idempotency keys', async () => {
    const process = startProcess(world);
    await process.accept({ idempotencyKey: 'a', sendAt: new Date(world.clock.now() + hourMs) });
    await process.accept({ idempotencyKey: 'b' });
    expect(await endSubmissions(process.deps, mailbox.id)).toBe(0);
    expect(await events()).toEqual([
      expect.objectContaining({ type: 'submission.failed', data: expect.stringContaining('"code":"mailbox_removed"') }),
      expect.objectContaining({ type: 'submission.failed', data: expect.stringContaining('"state":"cancelled"') }),
    ]);
    expect(world.blobs.names()).toEqual([]);
    const left = await world.rows('submissions', '');
    expect(left.map(({ rowKey }) => rowKey[0])).toEqual(['k', 'k']);
    expect(await endSubmissions(process.deps, mailbox.id)).toBe(0);
  });

  it('lets an attempt under way end, and calls it unknown if that never happens', async () => {
    const process = startProcess(world, { atStep: 5, done: true });
    await process.accept();
    await process.run().catch(() => undefined);
    const next = startProcess(world);
    expect(await endSubmissions(next.deps, mailbox.id)).toBe(1);
    expect(await events()).toEqual([]);
    await world.clock.advance(5 * minuteMs);
    expect(await endSubmissions(next.deps, mailbox.id)).toBe(0);
    expect((await events()).map(({ type }) => type)).toEqual(['submission.unknown']);
    expect(world.blobs.names()).toEqual([]);
  });
});

describe('the sweep', () => {
  it('deletes submissions 7 days after their end, and idempotency keys 90 days after it', async () => {
    const process = startProcess(world);
    await process.accept({ idempotencyKey: 'sent' });
    await process.run();
    await process.accept({ idempotencyKey: 'later', sendAt: new Date(world.clock.now() + 80 * dayMs) });
    await world.clock.advance(6 * dayMs);
    expect(await sweep()).toEqual({ drafts: 0, submissions: 0, keys: 0, messageIds: 0, blobs: 0 });
    await world.clock.advance(2 * dayMs);
    expect(await sweep()).toEqual({ drafts: 0, submissions: 1, keys: 0, messageIds: 0, blobs: 0 });
    await world.clock.advance(83 * dayMs);
    expect(await sweep()).toEqual({ drafts: 0, submissions: 0, keys: 1, messageIds: 0, blobs: 0 });
    expect(world.blobs.names().length).toBe(1);
  });

  it('leaves it to the idempotency key to refuse what was sent before, as long as there is one', async () => {
    const process = startProcess(world);
    const first = await process.accept({ idempotencyKey: 'sent' });
    await process.run();
    await world.clock.advance(8 * dayMs);
    await sweep();
    await expect(process.accept({ idempotencyKey: 'sent' })).rejects.toMatchObject({
      code: 'idempotency_key_reused',
      message: expect.stringContaining('ended more than 7 days ago'),
    });
    await world.clock.advance(83 * dayMs);
    await sweep();
    expect((await process.accept({ idempotencyKey: 'sent' })).id).not.toBe(first.id);
  });

  it('deletes blobs that no submission names once they are a day old', async () => {
    const process = startProcess(world, { atStep: 2, done: false });
    await process.accept().catch(() => undefined);
    expect(world.blobs.names().length).toBe(1);
    expect((await sweep()).blobs).toBe(0);
    await world.clock.advance(dayMs + minuteMs);
    expect((await sweep()).blobs).toBe(1);
    expect(world.blobs.names()).toEqual([]);
  });

  it('keeps the content of an unknown one for as long as its row', async () => {
    world.server.copyAfterMs = Number.POSITIVE_INFINITY;
    world.server.answers.push('died');
    const process = startProcess(world);
    await process.accept();
    await process.run();
    for (let minutes = 0; minutes < 60; minutes += 2) {
      await world.clock.advance(2 * minuteMs);
      await process.run();
    }
    await world.clock.advance(3 * dayMs);
    expect((await sweep()).blobs).toBe(0);
    await world.clock.advance(5 * dayMs);
    expect(await sweep()).toMatchObject({ submissions: 1, blobs: 1 });
  });
});

describe('the lanes that are due', () => {
  const shards = [7];

  it('are those of mailboxes with something to do now', async () => {
    const process = startProcess(world);
    const parts = { ...process.deps, mailbox: async () => mailbox };
    const due = (at: number) => dueLanes(parts, shards, new Date(at));
    expect(await due(world.clock.now())).toEqual({ lanes: [], orphaned: [] });
    await process.accept({ sendAt: new Date(world.clock.now() + hourMs) });
    expect(await due(world.clock.now())).toEqual({ lanes: [], orphaned: [] });
    expect(await due(world.clock.now() + hourMs)).toEqual({ lanes: [world.lane], orphaned: [] });
  });

  it('leave out a mailbox that was removed, and name it', async () => {
    const process = startProcess(world);
    await process.accept();
    const parts = { ...process.deps, mailbox: async () => undefined };
    const due = () => dueLanes(parts, shards, new Date(world.clock.now()));
    expect(await due()).toEqual({ lanes: [], orphaned: [mailbox.id] });
    await endSubmissions(process.deps, mailbox.id);
    expect(await due()).toEqual({ lanes: [], orphaned: [] });
  });
});
