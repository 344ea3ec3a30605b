import { createDownloadLimiter, interactiveLimits } from '../../../src/lib/mailbox/fetch/download-limiter.ts';
import { createInteractive } from '../../../src/lib/mailbox/session/interactive.ts';
import type { GraphPorts } from '../../../src/lib/send/graph-request.ts';
import { createWays } from '../../../src/lib/send/ways.ts';
import type { MailboxRow } from '../../../src/lib/store/rows/rows.ts';
import { createSubmissionRows } from '../../../src/lib/store/submissions/submissions.ts';
import { createAccounts } from '../../../src/lib/submissions/accounts.ts';
import { createDecisions } from '../../../src/lib/submissions/decide.ts';
import { laneWakeUps } from '../../../src/lib/submissions/due-lanes.ts';
import { createDraftSweeper } from '../../../src/lib/submissions/ending/leftover-drafts.ts';
import { createOriginalMarker } from '../../../src/lib/submissions/ending/mark-original.ts';
import { createLaneRunner } from '../../../src/lib/submissions/lane-run.ts';
import { createMailIn } from '../../../src/lib/submissions/mail-in.ts';
import { retryAccount } from '../../../src/lib/submissions/retry-account.ts';
import { createSentFolders } from '../../../src/lib/submissions/sent-folder.ts';
import { createStoredMail } from '../../../src/lib/submissions/stored-mail.ts';
import type { SendingDeps, SendWakeUp } from '../../../src/lib/submissions/types.ts';
import type { createApi } from '../app.ts';
import { createImap } from '../imap.ts';
import type { MailWorld } from '../mail.ts';
import { plainSealer } from '../plain-sealer.ts';
import type { Ground, SimProcess } from '../process.ts';
import { type BlobShelf, createSimBlobs } from './blobs.ts';
import type { GraphServer } from './graph/server.ts';
import { createGraphWire } from './graph/wire.ts';
import type { PostOffice } from './post-office.ts';
import { createSimSmtp } from './smtp.ts';
import type { Tenant } from './tenant.ts';

export interface SendingGround {
  readonly office: PostOffice;
  readonly shelf: BlobShelf;
  readonly tenant: Tenant;
  readonly graph: GraphServer;
}

const smtp = { host: 'smtp.sim.example', port: 587 };
const graphUrl = 'https://graph.sim.example';

/** Mail out in one process, as the broker composes it (src/lib/broker/sending.ts). */
export function createSimSending(
  ground: Ground,
  process: SimProcess,
  api: ReturnType<typeof createApi>,
  world: SendingGround & { readonly mail: MailWorld },
  parts: {
    readonly token: (mailbox: MailboxRow) => Promise<string>;
    readonly graphToken: GraphPorts['token'];
    readonly wake: (hint: SendWakeUp, delayMs: number) => void;
  },
) {
  const { store, clock, random, log, registry, grants } = api;
  const { token } = parts;
  const rows = createSubmissionRows({ store });
  const mailbox = async (id: string) => (await registry.get(id))?.row;
  const accounts = createAccounts({ mailbox, grants });
  const imap = createImap(ground, process, world.mail);
  const graph = {
    fetch: createGraphWire(ground, process, world.graph),
    now: () => clock.now(),
    token: parts.graphToken,
  };
  const entra = { graphUrl, graphResource: graphUrl, graphPermissions: world.tenant.graphPermissions };
  const ways = new Map(createWays({ smtp, entra }, { smtp: { token }, graph }));
  ways.set('smtp', createSimSmtp(ground, process, world, token));
  const interactive = createInteractive({
    ...{ imap, token, clock },
    limiter: createDownloadLimiter(interactiveLimits, clock),
  });
  const deps: SendingDeps = {
    store,
    rows,
    mail: createStoredMail({ blobs: createSimBlobs(ground, process, world.shelf) }),
    sealer: plainSealer,
    clock,
    random,
    log,
    ways,
    sent: createSentFolders({ imap, token, mailbox, log }),
    markOriginal: createOriginalMarker({ interactive, store, mailbox, clock, log }),
    sweepDrafts: createDraftSweeper({ ways, account: accounts.of, mailbox, clock, log }),
    mailboxesOf: accounts.mailboxesOf,
    account: accounts.of,
    copiesAlsoIn: accounts.copiesAlsoIn,
    sendVia: (row) => row.sendVia ?? 'auto',
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
    retry: (row: MailboxRow) => retryAccount(deps, row),
    wakeUps: (shards: readonly number[]) => laneWakeUps({ rows, mailbox, store, log, end: mailIn.end }, shards),
  };
}

export type SimSending = ReturnType<typeof createSimSending>;
