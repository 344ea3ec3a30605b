import type { StoredCode } from '../../error-codes.ts';
import type { Who } from '../../errors.ts';
import type { Direction } from '../mail/direction.ts';
import type { Address, BounceInfo, CalendarInfo } from '../mail/message.ts';
import type { EventType, OutboxType } from './event-types.ts';
import type { EventFolder, OutboxData } from './outbox-data.ts';

/** How an event names its mailbox. */
export interface MailboxData {
  readonly id: string;
  readonly address: string;
  readonly label: string | null;
  readonly ownerRef: string | number | null;
}

/** A file of a mail. */
export interface AttachmentData {
  readonly part: string;
  readonly filename: string;
  readonly contentType: string;
  /** Bytes of the part as it lies in the mail. */
  readonly size: number;
  readonly inline: boolean;
  readonly contentId: string | null;
  readonly location?: string;
  readonly signature?: true;
  /** Fetches the file, for a day; `null` until the event is sent, and where the link would be too long. */
  readonly url: string | null;
}

/** The data of `message.received`; docs/events.md says what each field means. */
export interface ReceivedData {
  readonly messageKey: string;
  readonly fingerprint: string;
  readonly mailbox: MailboxData;
  readonly folder: EventFolder;
  readonly messageRef: string;
  readonly messageId: string | null;
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
  readonly threadKey: string;
  readonly direction: Direction;
  /** Of the submission whose copy in Sent it is. */
  readonly submissionId: string | null;
  readonly subject: string;
  readonly from: Address | null;
  readonly to: readonly Address[];
  readonly cc: readonly Address[];
  readonly bcc: readonly Address[];
  readonly replyTo: readonly Address[];
  /** Instants are ISO 8601. */
  readonly date: string | null;
  readonly receivedAt: string;
  readonly size: number;
  readonly seen: boolean;
  readonly flagged: boolean;
  readonly answered: boolean;
  readonly snippet: string;
  readonly text: string | null;
  readonly html: string | null;
  readonly truncated: readonly string[];
  readonly attachments: readonly AttachmentData[];
  readonly autoReply: boolean;
  readonly bounce: BounceInfo | null;
  readonly calendar: CalendarInfo | null;
  readonly seemsNew: boolean;
  readonly late: boolean;
  readonly replay: number | null;
}

/** What follows from a code that this version knows. */
export interface Explanation {
  readonly sentence: string;
  readonly remedy: string;
  readonly who: Who;
}

/** A link as an event carries it. */
export interface EventLink {
  readonly url: string;
  /** ISO 8601. */
  readonly expiresAt: string;
}

/** What is added when an event is sent: the sentence to its code, and a link by which a person can end the trouble. */
export interface AddedData extends Partial<Explanation> {
  /** With `mailbox.reconnect_required`. */
  readonly reconnect?: EventLink;
  /** With `mailbox.consent_required`, where consent helps. */
  readonly adminConsent?: EventLink;
}

/** What an outbox row tells, with all that is added when it is sent. */
export type OutboxEventData<Type extends OutboxType> = { readonly mailbox: MailboxData } & OutboxData[Type] & AddedData;

type FromOutbox = { readonly [Type in OutboxType]: OutboxEventData<Type> };

interface OtherData extends Readonly<Record<Exclude<EventType, OutboxType>, object>> {
  readonly 'message.received': ReceivedData;
  readonly 'secret.expiring': Explanation & {
    readonly secret: { readonly name: string; readonly expiresAt: string };
    readonly daysLeft: number;
    readonly code: StoredCode;
  };
  readonly 'destination.test': { readonly destination: { readonly id: string; readonly name: string } };
}

/** The data of each type of event, as it is published. */
export type EventData = FromOutbox & OtherData;
