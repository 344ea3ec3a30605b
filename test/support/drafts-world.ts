import { composeDrafting } from '../../src/lib/broker/drafting.ts';
import { composeSending } from '../../src/lib/broker/sending.ts';
import type { Submission } from '../../src/lib/domain/submission.ts';
import { systemClock, systemRandom } from '../../src/lib/domain/system.ts';
import { newDraft } from '../../src/lib/drafts/draft-request.ts';
import { consoleLog } from '../../src/lib/log.ts';
import type { Interactive } from '../../src/lib/mailbox/session/interactive.ts';
import { createDestinationRows } from '../../src/lib/store/destinations/destinations.ts';
import type { MailboxView } from '../../src/lib/store/mailboxes/registry.ts';
import { encodeMailbox } from '../../src/lib/store/rows/mailbox-row.ts';
import { parseDraftWakeUp } from '../../src/lib/store/submissions/draft.ts';
import { createSubmissionRows } from '../../src/lib/store/submissions/submissions.ts';
import type { Blobs } from '../../src/lib/store/table/blobs.ts';
import type { Store } from '../../src/lib/store/table/table.ts';
import { changeAndFinish } from '../../src/lib/submissions/ending/finish.ts';
import { createStoredMail } from '../../src/lib/submissions/stored-mail.ts';
import { memoryBlobs } from './memory-blobs.ts';
import { readingWorld, type Served } from './reading-world.ts';
import { memorySealer } from './sealer.ts';

/** The system's clock, set forward by a test. */
function clockAhead() {
  let aheadMs = 0;
  return {
    ...systemClock,
    now: () => systemClock.now() + aheadMs,
    monotonic: () => systemClock.monotonic() + aheadMs,
    ahead: (ms: number) => {
      aheadMs += ms;
    },
  };
}

/** What outlives a process. */
export interface Ground {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly interactive: Interactive;
}

const config = {
  smtp: { host: 'localhost', port: 9 },
  entra: { graphResource: 'https://graph.example', graphPermissions: [] },
};

/** Drafts without HTTP: on a real mail server, with tables and blobs in memory. */
export async function draftsWorld(server: Served, address: string) {
  const clock = clockAhead();
  const reading = readingWorld(server, address, clock);
  const { row, store } = reading;
  await store.table('mail').insert(encodeMailbox(row));
  const blobs = memoryBlobs(clock);
  const { sealer } = memorySealer();
  const hints: { readonly hint: object; readonly at: number }[] = [];
  const queue = {
    send: async (hint: object, delayMs: number) => void hints.push({ hint, at: clock.now() + delayMs }),
  };
  const log = consoleLog();
  const view: Pick<MailboxView, 'row' | 'state' | 'shown'> = { row, state: undefined, shown: 'active' };
  const registry = { get: async (id: string) => (id === row.id ? { ...view, filter: undefined } : undefined) };
  const base = { clock, random: systemRandom, log };
  const token = async () => server.tokenFor(address);
  /** A process of its own over the same tables, blobs and mailbox; each may be one that ends midway. */
  const processOver = (over: Partial<Ground> = {}) => {
    const ground: Ground = { store, blobs, interactive: reading.sessions.interactive, ...over };
    const sending = composeSending(
      { ...base, config },
      {
        ...{ store: ground.store, sealer, registry, blobs: ground.blobs, queue },
        grants: { mailboxesOf: async () => [row.id] },
        destinationRows: createDestinationRows({ store, sealer }),
      },
      {
        ...{ token, graphToken: async () => undefined, places: async () => [] },
        ...{ downloads: reading.sessions.downloads, uploads: reading.sessions.uploads },
        interactive: ground.interactive,
      },
      {
        outbound: { maySendTo: () => false, send: () => Promise.reject(new Error('not here')), close: async () => {} },
      },
    );
    const parts = { store: ground.store, sealer, blobs: ground.blobs, registry, queue };
    return { sending, drafts: composeDrafting(base, parts, { interactive: ground.interactive }, sending) };
  };
  const { drafts, sending } = processOver();
  const finishParts = {
    ...{ store, clock, random: systemRandom, rows: createSubmissionRows({ store }), mail: createStoredMail({ blobs }) },
    ...{ markOriginal: async () => undefined, sweepDrafts: async () => true },
    wakeDraft: async (mailbox: string, draft: string) => queue.send({ v: 1, kind: 'draft', mailbox, draft }, 0),
  };
  return {
    ...reading,
    ...{ blobs, drafts, sending, clock, processOver },
    /** Fields as a request gives them. */
    fields: (fields: object, close = false) => {
      const { close: _, ...content } = newDraft.parse(fields);
      return { content, files: [], close };
    },
    /** Does what the queue holds for drafts and is due. */
    async work(): Promise<void> {
      for (;;) {
        const at = hints.findIndex((each) => each.at <= clock.now() && parseDraftWakeUp(each.hint) !== undefined);
        const named = at < 0 ? undefined : parseDraftWakeUp(hints.splice(at, 1)[0]?.hint);
        if (named === undefined) return;
        await drafts.settle(named.mailbox, named.draft);
      }
    },
    waiting: () => hints.filter(({ hint }) => parseDraftWakeUp(hint) !== undefined).length,
    /** Ends a submission as its lane would. */
    end: (id: string, decide: (submission: Submission) => Submission | undefined) =>
      changeAndFinish(finishParts, id, decide),
  };
}

export type DraftsWorld = Awaited<ReturnType<typeof draftsWorld>>;
