import type { ComposePorts } from '../compose/compose.ts';
import type { Clock, Random } from '../domain/clock.ts';
import type { Submission } from '../domain/submission.ts';
import type { FileStore } from '../http/multipart.ts';
import type { Log } from '../log.ts';
import type { Interactive } from '../mailbox/session/interactive.ts';
import type { Reader } from '../reading/types.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import type { DraftRow } from '../store/submissions/draft-row.ts';
import type { DraftRows } from '../store/submissions/drafts.ts';
import type { SendingSettingsRows } from '../store/submissions/sending-settings.ts';
import type { KeptUploads } from '../submissions/requests/kept-uploads.ts';
import type { Sender } from '../submissions/requests/sender.ts';
import type { DraftFields } from './fields.ts';
import type { WorkingCopies } from './working-copy.ts';

/** What drafts stand on. */
export interface DraftDeps {
  readonly rows: DraftRows;
  readonly copies: WorkingCopies;
  readonly uploads: KeptUploads;
  /** Where files wait whose length is not known yet. */
  readonly staging: FileStore;
  readonly interactive: Interactive;
  readonly settings: Pick<SendingSettingsRows, 'read'>;
  readonly ports: (row: MailboxRow) => ComposePorts;
  readonly sender: Pick<Sender, 'send'>;
  readonly submission: (id: string) => Promise<Submission | undefined>;
  /** A mailbox as it is now; undefined if it was removed. */
  readonly reader: (mailboxId: string) => Promise<Reader | undefined>;
  /** Leaves a wake-up to look after a draft later. @throws BrokerError `storage_unreachable` */
  readonly wake: (mailboxId: string, draftId: string, delayMs: number) => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** A draft as it is shown. */
export interface ShownDraft {
  readonly row: DraftRow;
  /** Of the current version; undefined if another program deleted the draft. */
  readonly fields: DraftFields | undefined;
  /** Where it is in Drafts, if it was read from there. */
  readonly messageRef: string | undefined;
  /** Fields of a working copy that came too late. */
  readonly overtaken: DraftFields | undefined;
}
