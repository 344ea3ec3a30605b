import { beforeEach, describe, expect, it } from 'vitest';
import { memoryBlobs } from '../../../test/support/memory-blobs.ts';
import { memoryStore } from '../../../test/support/memory-store.ts';
import { memorySealer } from '../../../test/support/sealer.ts';
import { type VirtualClock, virtualClock } from '../../../test/support/virtual-clock.ts';
import { dayMs, hourMs, minuteMs } from '../domain/duration.ts';
import { systemRandom } from '../domain/system.ts';
import type { Draft } from '../store/submissions/draft.ts';
import { createDraftSeals } from '../store/submissions/draft-seals.ts';
import { createDraftRows, type DraftRows } from '../store/submissions/drafts.ts';
import type { Store } from '../store/table/table.ts';
import { createKeptUploads, type KeptUploads } from '../submissions/requests/kept-uploads.ts';
import { sweepSubmissions } from '../submissions/sweep.ts';
import type { CopyFields } from './fields.ts';
import { createWorkingCopies, type WorkingCopies } from './working-copy.ts';

const mailboxId = 'mbx_0007_AAAAAAAAAAAAAAAA';
const id = 'drf_AAAAAAAAAAAAAAAAAAAA';
const answering = { kind: 'reply' as const, messageRef: 'x'.repeat(60) };
const fields: CopyFields = {
  answering,
  ...{ from: undefined, to: [], cc: [], bcc: [], replyTo: [], subject: 'Offer', text: 'Dear Grace,', html: undefined },
  ...{
    priority: 'normal',
    files: [],
    inReplyTo: '<question@fabrikam.example>',
    references: ['<question@fabrikam.example>'],
  },
};

async function* nothing(): AsyncGenerator<Uint8Array> {}

describe('what is kept of a draft', () => {
  let clock: VirtualClock;
  let store: Store;
  let blobs: ReturnType<typeof memoryBlobs>;
  let rows: DraftRows;
  let copies: WorkingCopies;
  let uploads: KeptUploads;
  let seals: ReturnType<typeof memorySealer>;
  let woken: string[];

  beforeEach(() => {
    clock = virtualClock();
    store = memoryStore(clock);
    blobs = memoryBlobs(clock);
    seals = memorySealer();
    rows = createDraftRows({ store, clock, random: systemRandom });
    copies = createWorkingCopies({ blobs, sealer: seals.sealer, random: systemRandom });
    uploads = createKeptUploads({ blobs, random: systemRandom, now: () => clock.now() });
    woken = [];
  });

  const sweep = () =>
    sweepSubmissions({
      ...{ store, blobs, log: { info() {}, warn() {}, error() {} } },
      wakeDraft: async (_, draftId) => void woken.push(draftId),
    });

  async function insert(more: Partial<Draft> = {}): Promise<void> {
    const upload = await uploads.put(
      mailboxId,
      { filename: 'a', contentType: 'a/b', size: 0, contentId: undefined },
      nothing(),
    );
    const { blob, sealed } = await copies.put({ mailboxId, id }, fields);
    const now = new Date(clock.now());
    const draft: Draft = {
      ...{ id, mailboxId, createdAt: now, updatedAt: now, version: 3, messageId: '<a@contoso.example>' },
      ...{ copy: { version: 3, blob }, uploads: [uploads.blobOf(mailboxId, upload.id)] },
      stored: { uidValidity: 7n, uid: 10, nonce: 'A', version: 3 },
      ...{ old: undefined, syncedAt: now, flushAt: undefined, closing: false, deleted: false, submission: undefined },
      ...more,
    };
    await rows.insert({ draft, sealed });
  }
  const later = async (ms: number) => {
    await clock.advance(ms);
    return sweep();
  };

  it('is its working copy, with the files it uses, until it has been idle for a week', async () => {
    await insert();
    await later(6 * dayMs);
    expect(blobs.names().length).toBe(2);
    await later(2 * dayMs);
    expect((await rows.read(mailboxId, id))?.draft).toMatchObject({ version: 3, uploads: [] });
    await later(hourMs);
    expect(blobs.names()).toEqual([]);
    // Where it stands in a conversation is still known.
    const row = await rows.read(mailboxId, id);
    expect(row && (await copies.thread(row))).toEqual({
      answering,
      ...{ inReplyTo: '<question@fabrikam.example>', references: ['<question@fabrikam.example>'] },
    });
  });

  it('is a working copy that is not in Drafts yet, however old, and it is looked after', async () => {
    await insert({ version: 4, copy: undefined, flushAt: new Date(clock.now()) });
    await insertCopy(4);
    await later(4 * minuteMs);
    expect(woken).toEqual([]);
    await later(8 * dayMs);
    expect(woken).toEqual([id]);
    expect(blobs.names().length).toBe(2);
  });

  const insertCopy = async (version: number) => {
    const { blob, sealed } = await copies.put({ mailboxId, id }, fields);
    await rows.change({ mailboxId, id }, ({ draft }) => ({ draft: { ...draft, copy: { version, blob } }, sealed }));
  };

  it('is looked after while its submission has it', async () => {
    await insert({ submission: { id: 'sub', at: new Date(clock.now()), leaves: false } });
    await later(100 * dayMs);
    expect(woken).toEqual([id]);
    expect(await rows.read(mailboxId, id)).toBeDefined();
  });

  it('is nothing 90 days after its last change', async () => {
    await insert();
    expect(await later(91 * dayMs)).toMatchObject({ drafts: 1 });
    expect(await rows.read(mailboxId, id)).toBeUndefined();
    expect(blobs.names()).toEqual([]);
  });

  it('opens under a new root key when the old one is gone', async () => {
    await insert();
    seals.rotate();
    const keyed = createDraftSeals({ store, sealer: seals.sealer, clock, random: systemRandom });
    const states = async () => {
      const all: string[] = [];
      for await (const { id: row, state } of keyed.scan()) {
        all.push(state);
        await keyed.renew(row);
      }
      return all;
    };
    expect(await states()).toEqual(['old']);
    expect(await states()).toEqual(['newest']);
    seals.loseOldest(1);
    const row = await rows.read(mailboxId, id);
    expect(row && (await copies.read(row))).toEqual(JSON.parse(JSON.stringify(fields)));
  });
});
