import type { MailboxRow } from '../../../src/lib/store/rows/rows.ts';
import { createSubmissionRows } from '../../../src/lib/store/submissions/submissions.ts';
import { createAccounts } from '../../../src/lib/submissions/accounts.ts';
import { createDecisions } from '../../../src/lib/submissions/decide.ts';
import { laneWakeUps } from '../../../src/lib/submissions/due-lanes.ts';
import { createLaneRunner } from '../../../src/lib/submissions/lane-run.ts';
import { createMailIn } from '../../../src/lib/submissions/mail-in.ts';
import { createSentFolders } from '../../../src/lib/submissions/sent-folder.ts';
import { createStoredMail } from '../../../src/lib/submissions/stored-mail.ts';
import type { SendingDeps, SendWakeUp } from '../../../src/lib/submissions/types.ts';
import type { createApi } from '../app.ts';
import { createImap } from '../imap.ts';
import type { MailWorld } from '../mail.ts';
import { plainSealer } from '../plain-sealer.ts';
import type { Ground, SimProcess } from '../process.ts';
import { type BlobShelf, createSimBlobs } from './blobs.ts';
import type { PostOffice } from './post-office.ts';

export interface SendingGround {
  readonly office: PostOffice;
  readonly shelf: BlobShelf;
}

/** Mail out in one process, as the broker composes it (src/lib/broker/sending.ts). */
export function createSimSending(
  ground: Ground,
  process: SimProcess,
  api: ReturnType<typeof createApi>,
  world: SendingGround & { readonly mail: MailWorld },
  parts: {
    readonly token: (mailbox: MailboxRow) => Promise<string>;
    readonly wake: (hint: SendWakeUp, delayMs: number) => void;
  },
) {
  const { store, clock, random, log, registry, grants } = api;
  const { token } = parts;
  const rows = createSubmissionRows({ store });
  const mailbox = async (id: string) => (await registry.get(id))?.row;
  const accounts = createAccounts({ mailbox, grants });
  const imap = createImap(ground, process, world.mail);
  const deps: SendingDeps = {
    store,
    rows,
    mail: createStoredMail({ blobs: createSimBlobs(ground, process, world.shelf) }),
    sealer: plainSealer,
    clock,
    random,
    log,
    ways: new Map([['smtp', world.office.way(process, token)]]),
    sent: createSentFolders({ imap, token, mailbox, log }),
    // No message is answered here.
    markOriginal: async () => undefined,
    sweepDrafts: async () => true,
    mailboxesOf: accounts.mailboxesOf,
    account: accounts.of,
    copiesAlsoIn: accounts.copiesAlsoIn,
    sendVia: () => 'smtp',
    wakeDraft: async () => {},
    wake: (hint, delayMs) =>
      process.call<void>((call) => {
        ground.scheduler.after(ground.dice.between(1, 20), () => {
          parts.wake(hint, delayMs);
          call.answer(undefined);
        });
      }),
  };
  const mailIn = createMailIn(deps);
  return {
    deps,
    mailIn,
    decisions: createDecisions(deps),
    runner: createLaneRunner(deps),
    wakeUps: (shards: readonly number[]) => laneWakeUps({ rows, mailbox, store, log, end: mailIn.end }, shards),
  };
}

export type SimSending = ReturnType<typeof createSimSending>;
