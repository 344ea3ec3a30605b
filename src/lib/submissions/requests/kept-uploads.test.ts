import { buffer, text } from 'node:stream/consumers';
import { beforeEach, describe, expect, it } from 'vitest';
import { memoryBlobs } from '../../../../test/support/memory-blobs.ts';
import { memoryStore } from '../../../../test/support/memory-store.ts';
import { type VirtualClock, virtualClock } from '../../../../test/support/virtual-clock.ts';
import { hourMs } from '../../domain/duration.ts';
import { systemRandom } from '../../domain/system.ts';
import { sweepSubmissions } from '../sweep.ts';
import { createKeptUploads, isUploadBlob, type KeptUploads } from './kept-uploads.ts';

const [mailbox, other] = ['mbx_0007_AAAAAAAAAAAAAAAA', 'mbx_0007_BBBBBBBBBBBBBBBB'];
const facts = { filename: 'prices.csv', contentType: 'text/csv', size: 14, contentId: 'image1' };

async function* pieces(...all: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const one of all) yield Buffer.from(one);
}

describe('files that are uploaded once', () => {
  let clock: VirtualClock;
  let blobs: ReturnType<typeof memoryBlobs>;
  let uploads: KeptUploads;
  beforeEach(() => {
    clock = virtualClock();
    blobs = memoryBlobs(clock);
    uploads = createKeptUploads({ blobs, random: systemRandom, now: () => clock.now() });
  });

  it('come back as they were, as often as they are used', async () => {
    const kept = await uploads.put(mailbox, facts, pieces('position', ';price'));
    expect(kept).toMatchObject({ ...facts, expiresAt: new Date(clock.now() + 24 * hourMs) });
    for (let use = 0; use < 2; use += 1) {
      const { bytes, ...found } = await uploads.open(mailbox, kept.id);
      expect(found).toEqual(kept);
      expect(await text(bytes)).toBe('position;price');
    }
  });

  it('may be empty, or larger than a segment', async () => {
    const large = systemRandom.bytes(700_000);
    const empty = await uploads.put(mailbox, { ...facts, size: 0, contentId: undefined }, pieces());
    const whole = await uploads.put(mailbox, { ...facts, size: large.length }, pieces(large));
    expect(await text((await uploads.open(mailbox, empty.id)).bytes)).toBe('');
    expect(await buffer((await uploads.open(mailbox, whole.id)).bytes)).toEqual(Buffer.from(large));
  });

  it('lie sealed, and neither their name nor their blob tells what is in them', async () => {
    const kept = await uploads.put(mailbox, facts, pieces('position;price'));
    const [name = ''] = blobs.names();
    expect(isUploadBlob(name)).toBe(true);
    expect(name).toBe(uploads.blobOf(mailbox, kept.id));
    const stored = await buffer((await blobs.read(name)) ?? pieces());
    for (const secret of ['position', 'prices.csv', 'text/csv', kept.id]) expect(stored.includes(secret)).toBe(false);
  });

  it('are for their mailbox alone', async () => {
    const kept = await uploads.put(mailbox, facts, pieces('x'));
    const turned = `upl_${[...kept.id.slice(4)].toReversed().join('')}`;
    for (const [where, id] of [
      [other, kept.id],
      [mailbox, turned],
      [mailbox, '../secret'],
    ] as const) {
      await expect(uploads.open(where, id)).rejects.toMatchObject({ code: 'upload_gone' });
    }
  });

  it('are not opened where a byte was changed', async () => {
    const kept = await uploads.put(mailbox, facts, pieces('position;price'));
    const name = uploads.blobOf(mailbox, kept.id);
    const stored = await buffer((await blobs.read(name)) ?? pieces());
    stored[stored.length - 20] = (stored.at(-20) ?? 0) ^ 1;
    await blobs.write(name, pieces(stored));
    await expect(uploads.open(mailbox, kept.id)).rejects.toMatchObject({ code: 'seal_broken' });
  });

  it('go a day later, not while they may be used', async () => {
    const kept = await uploads.put(mailbox, facts, pieces('x'));
    const log = { info() {}, warn() {}, error() {} };
    const parts = { store: memoryStore(clock), blobs, log, wakeDraft: async () => {} };
    await clock.advance(24 * hourMs);
    await sweepSubmissions(parts);
    await uploads.open(mailbox, kept.id);
    await clock.advance(2 * hourMs);
    expect(await sweepSubmissions(parts)).toMatchObject({ blobs: 1 });
    await expect(uploads.open(mailbox, kept.id)).rejects.toMatchObject({ code: 'upload_gone' });
  });
});
