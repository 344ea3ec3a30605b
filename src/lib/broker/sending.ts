import type { Submission } from '../domain/submission.ts';
import { createByteBudget } from '../http/byte-budget.ts';
import type { Reader } from '../reading/types.ts';
import { createGraphCalendar } from '../send/graph-calendar.ts';
import { createWays, type WaysConfig } from '../send/ways.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import { draftWakeUp } from '../store/submissions/draft.ts';
import { createSendingSettings } from '../store/submissions/sending-settings.ts';
import { createSubmissionRows } from '../store/submissions/submissions.ts';
import { createSuppressions } from '../store/submissions/suppressions.ts';
import { createAccounts } from '../submissions/accounts.ts';
import { createDecisions } from '../submissions/decide.ts';
import { laneWakeUps } from '../submissions/due-lanes.ts';
import { createDraftSweeper } from '../submissions/ending/leftover-drafts.ts';
import { createOriginalMarker } from '../submissions/ending/mark-original.ts';
import { type AnswerWish, answerInvitation } from '../submissions/invitations/answer-invitation.ts';
import { createLaneRunner } from '../submissions/lane-run.ts';
import { createMailIn } from '../submissions/mail-in.ts';
import { composePorts } from '../submissions/requests/compose-ports.ts';
import { createKeptUploads } from '../submissions/requests/kept-uploads.ts';
import { type Asked, createSender } from '../submissions/requests/sender.ts';
import { createUploadStore } from '../submissions/requests/upload-store.ts';
import { retryAccount } from '../submissions/retry-account.ts';
import { createSentFolders } from '../submissions/sent-folder.ts';
import { withWaiting } from '../submissions/shown-waiting.ts';
import { createStoredMail } from '../submissions/stored-mail.ts';
import type { SendingDeps, SendWakeUp } from '../submissions/types.ts';
import type { Base } from './base.ts';
import type { Delivery } from './delivery.ts';
import type { MailAccess } from './mail-access.ts';
import type { Storage } from './storage.ts';

/**
 * Memory for the bodies of requests, as src/lib/http/intake.ts counts it: three messages with 25 MB of files at a time, of the
 * 512 MB that the smallest instance has.
 */
const bodiesBytes = 160 * 1024 * 1024;

/** Mail out: from a request to what became of it. */
export function composeSending(
  { config, clock, random, log }: Omit<Base, 'config' | 'environment'> & { readonly config: WaysConfig },
  {
    store,
    sealer,
    registry,
    grants,
    destinationRows,
    queue,
    blobs,
  }: Pick<Storage, 'store' | 'sealer' | 'destinationRows' | 'blobs'> & {
    readonly registry: Pick<Storage['registry'], 'get'>;
    readonly grants: Pick<Storage['grants'], 'mailboxesOf'>;
    readonly queue: Pick<Storage['queue'], 'send'>;
  },
  {
    token,
    graphToken,
    downloads,
    uploads,
    interactive,
  }: Pick<MailAccess, 'token' | 'graphToken' | 'uploads' | 'interactive'> & {
    readonly downloads: Pick<MailAccess['downloads'], 'open'>;
  },
  { outbound }: Pick<Delivery, 'outbound'>,
) {
  const rows = createSubmissionRows({ store });
  const mailbox = async (id: string): Promise<MailboxRow | undefined> => (await registry.get(id))?.row;
  const accounts = createAccounts({ mailbox, grants });
  const graph = { fetch, now: () => clock.now(), token: graphToken };
  const ways = createWays(config, { smtp: { token }, graph });
  const deps: SendingDeps = {
    store,
    rows,
    mail: createStoredMail({ blobs }),
    sealer,
    clock,
    random,
    log,
    ways,
    sent: createSentFolders({ imap: downloads, token, mailbox, log }),
    markOriginal: createOriginalMarker({ interactive, store, mailbox, clock, log }),
    sweepDrafts: createDraftSweeper({ ways, account: accounts.of, mailbox, clock, log }),
    mailboxesOf: accounts.mailboxesOf,
    account: accounts.of,
    copiesAlsoIn: accounts.copiesAlsoIn,
    sendVia: (row) => row.sendVia ?? 'auto',
    wake: (wakeUp: SendWakeUp, delayMs: number) => queue.send(wakeUp, delayMs),
    wakeDraft: (mailboxId, draftId) => queue.send(draftWakeUp(mailboxId, draftId), 0),
  };
  const runner = createLaneRunner(deps);
  const run = (lane: string): Promise<void> => runner.run(lane);
  const mailIn = createMailIn(deps);

  const suppressions = createSuppressions({ store });
  const settings = createSendingSettings({ store, clock, random });
  const keptUploads = createKeptUploads({ blobs, random, now: () => clock.now() });
  const composeParts = {
    ...{ interactive, attachments: uploads, store, destinationRows, outbound },
    uploads: keptUploads,
  };
  const calendar = config.entra.graphPermissions.includes('Calendars.ReadWrite')
    ? createGraphCalendar({ url: config.entra.graphUrl ?? config.entra.graphResource }, graph)
    : undefined;
  const sender = createSender(deps, composeParts, settings, suppressions);

  return {
    /** How mail leaves, for anyone who looks whether it could. */
    outgoing: { ways: deps.ways, account: deps.account, sendVia: deps.sendVia },
    /** See {@link Sender}. */
    send: sender.send,
    dryRun: sender.dryRun,
    wake: sender.wake,
    answerInvitation: (reader: Reader, named: Parameters<typeof answerInvitation>[2], wish: AnswerWish, asked: Asked) =>
      answerInvitation({ interactive, store, settings, sender, calendar, clock }, reader, named, wish, asked),
    settings,
    suppressions,
    /** What this process has for the bodies of requests to send. */
    intake: { budget: createByteBudget(bodiesBytes), files: createUploadStore({ blobs, random }) },
    /** Files that are uploaded once and used in drafts and messages. */
    uploads: keptUploads,
    /** What composing needs of a mailbox. */
    composePorts: (row: MailboxRow) => composePorts(composeParts, row),

    submissions: {
      read: async (id: string): Promise<Submission | undefined> => (await rows.read(id))?.submission,
      page: rows.page,
      /** With what keeps their account back now; see {@link withWaiting}. */
      shown: (row: MailboxRow, list: readonly Submission[]) => withWaiting(deps, row, list),
      ...createDecisions(deps),
    },
    /** See {@link retryAccount}. Never rejects. */
    retry: async (mailboxId: string): Promise<void> => {
      const row = await mailbox(mailboxId).catch(() => undefined);
      if (row !== undefined) await retryAccount(deps, row);
    },
    /** Ends the submissions of a mailbox that is about to be removed, with their events. */
    endOf: mailIn.end,
    /** Leaves a wake-up to look after a draft: its submission has ended, or its own wake-up was lost. */
    wakeDraft: deps.wakeDraft,
    /** What mail that comes in says of mail that went out. */
    mailIn,
    /** See {@link laneWakeUps}. */
    wakeUps: (shards: readonly number[]) => laneWakeUps({ rows, mailbox, store, log, end: mailIn.end }, shards),
    /** What housekeeping needs to find and run what the queue has lost. */
    lanes: { rows, mailbox, run },
    /** Looks after a lane. @throws BrokerError `storage_unreachable`; StoreError */
    run,
    stop: () => runner.stop(),
  };
}

export type Sending = ReturnType<typeof composeSending>;
