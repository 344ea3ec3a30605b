import type { StoredCode } from '../../error-codes.ts';
import type { FolderRole } from '../mail/folder.ts';
import type { RefusedRecipient, StoredState } from '../submission.ts';

/** A folder as events name it; the role is `null` if it is unknown. */
export interface EventFolder {
  readonly path: string;
  readonly role: FolderRole | null;
}

/** What is wrong with a mailbox, and since when. */
interface Trouble<State extends string> {
  readonly state: State;
  readonly code: StoredCode;
  /** ISO 8601. */
  readonly since: string;
}

/** The end of a submission. Instants are those of JSON (ISO 8601). */
interface SubmissionEnd {
  readonly submissionId: string;
  readonly state: StoredState;
  readonly code?: StoredCode | undefined;
  /** What the mail server said of the whole message, in one line. */
  readonly reply?: string | undefined;
  readonly messageId: string;
  readonly ourMessageId: string;
  readonly attempts: number;
  readonly refused: readonly RefusedRecipient[];
  readonly fromRewritten?: string | undefined;
  /** Of an answer or a forward: whether the original was marked as such. */
  readonly original?:
    | {
        readonly kind: string;
        readonly messageRef: string;
        readonly marked: boolean;
        /** Why not. */
        readonly code?: StoredCode | undefined;
      }
    | undefined;
  readonly resendable?: boolean | undefined;
  readonly sentAt?: string | undefined;
  readonly endedAt?: string | undefined;
}

/**
 * What an outbox row holds of each type of event. The mailbox, the sentence to a code and links are added when the event
 * is sent, so that none of them is stored.
 */
export interface OutboxData {
  readonly 'message.updated': {
    readonly messageKey: string;
    readonly change: 'flags' | 'moved';
    /** With `moved`: where it was. */
    readonly from?: EventFolder | undefined;
    readonly folder: EventFolder;
    readonly messageRef: string;
    readonly seen: boolean;
    readonly flagged: boolean;
    readonly answered: boolean;
    /** The `requestId` of the HTTP request of which this is the effect; absent if it was not one, or that is not known. */
    readonly causedBy?: string | undefined;
  };
  readonly 'message.removed': {
    readonly messageKey: string;
    readonly folder: EventFolder;
    /** As with `message.updated`. */
    readonly causedBy?: string | undefined;
  };
  /** One mail by its key, or several by their number and UIDs. */
  readonly 'message.vanished': {
    readonly messageKey?: string | undefined;
    readonly folder: EventFolder;
    readonly count?: number | undefined;
    readonly ranges?: readonly { readonly from: number; readonly to: number }[] | undefined;
  };
  readonly 'message.undeliverable': {
    readonly messageKey: string;
    readonly deliveryId: string;
    readonly messageRef: string;
    /** `null` if the folder is no longer watched. */
    readonly folder: EventFolder | null;
    readonly code: StoredCode;
    readonly status: number | null;
    readonly attempts: number;
  };
  readonly 'mailbox.connected': {
    readonly state: 'active' | 'connecting';
    /** Why it is `connecting`. */
    readonly code?: StoredCode | undefined;
  };
  readonly 'mailbox.reconnect_required': Trouble<'reconnect_required'>;
  readonly 'mailbox.consent_required': Trouble<'consent_required'>;
  readonly 'mailbox.degraded': Trouble<'degraded'>;
  /** `was`: the state of which the receiver was told. */
  readonly 'mailbox.recovered': { readonly state: 'active'; readonly was: string; readonly since: string };
  readonly 'mailbox.removed': Readonly<Record<string, never>>;
  readonly 'folder.reset': {
    readonly folder: EventFolder;
    readonly cause: 'validity' | 'uidnext';
    readonly known: number;
    readonly announced: number;
    readonly assumedKnown: number;
    readonly gone: number;
  };
  /** Told only to destinations that ask for it. */
  readonly 'folder.counts': { readonly folder: EventFolder; readonly messages: number; readonly unseen: number };
  readonly 'submission.sent': SubmissionEnd;
  readonly 'submission.failed': SubmissionEnd;
  readonly 'submission.unknown': SubmissionEnd;
  readonly 'submission.bounced': SubmissionEnd;
}
