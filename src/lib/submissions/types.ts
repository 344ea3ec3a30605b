import { z } from 'zod';
import type { Clock, Random } from '../domain/clock.ts';
import type { Sealer } from '../domain/sealing.ts';
import type { SendVia, WayName } from '../domain/submission.ts';
import type { Log } from '../log.ts';
import type { SendingAccount, Way } from '../send/way.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import type { SubmissionRows } from '../store/submissions/submissions.ts';
import type { Store } from '../store/table/table.ts';
import type { DraftSweeper } from './ending/leftover-drafts.ts';
import type { OriginalMarker } from './ending/mark-original.ts';
import type { SentFolders } from './sent-folder.ts';
import type { StoredMail } from './stored-mail.ts';

/** A message of the queue `work` that asks for a run of a lane. */
export interface SendWakeUp {
  readonly v: 1;
  readonly kind: 'send';
  readonly lane: string;
}

const sendWakeUp = z.object({ v: z.literal(1), kind: z.literal('send'), lane: z.string().max(200) });

/** The wake-up of a lane in a queue message, or undefined if it is none that this version knows. */
export function parseSendWakeUp(message: unknown): SendWakeUp | undefined {
  const parsed = sendWakeUp.safeParse(message);
  return parsed.success ? parsed.data : undefined;
}

/** What sending stands on. Time, chance and the ways out come in, so that it also runs in a simulated world. */
export interface SendingDeps {
  readonly store: Store;
  readonly rows: SubmissionRows;
  readonly mail: StoredMail;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The ways that this deployment has. */
  readonly ways: ReadonlyMap<WayName, Way>;
  readonly sent: SentFolders;
  readonly markOriginal: OriginalMarker;
  readonly sweepDrafts: DraftSweeper;
  /** The mailboxes that send through a lane, as they are now; tombstones left out. */
  readonly mailboxesOf: (lane: string) => Promise<readonly MailboxRow[]>;
  /** Who signs in for a mailbox. */
  readonly account: (mailbox: MailboxRow) => Promise<SendingAccount>;
  /** Other mailboxes in whose Sent the copy may appear: of the account that signs in. */
  readonly copiesAlsoIn: (mailbox: MailboxRow) => Promise<readonly MailboxRow[]>;
  readonly sendVia: (mailbox: MailboxRow) => SendVia;
  /** Puts a wake-up into the queue that is seen after `delayMs`. @throws BrokerError `storage_unreachable` */
  readonly wake: (wakeUp: SendWakeUp, delayMs: number) => Promise<void>;
  /** Leaves a wake-up to look after the draft that a submission was. @throws BrokerError `storage_unreachable` */
  readonly wakeDraft: (mailboxId: string, draftId: string) => Promise<void>;
}
