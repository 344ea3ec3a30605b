/** A person or list as a mail header names it. */
export interface Address {
  readonly name: string;
  readonly address: string;
}

/** What a mail is known by: headers as they stand in it, one character for each byte, and when it arrived. */
export interface MessageIdentity {
  /** Undefined or blank if there is none; the same for the others. */
  readonly messageId: string | undefined;
  readonly date: string | undefined;
  readonly from: string | undefined;
  readonly subject: string | undefined;
  /** The topmost Received line, which the mailbox's own server has written (RFC 5321 section 4.4); no other one counts. */
  readonly received: string | undefined;
  /** INTERNALDATE, of which whole seconds count: no server tells more. */
  readonly internalDate: Date;
}

/** A part of a message that is a file; its bytes stay in the mailbox until someone asks for them. */
export interface Attachment {
  /** IMAP part number (RFC 3501 section 6.4.5), such as `2` or `1.3`. */
  readonly part: string;
  readonly filename: string;
  readonly contentType: string;
  /** Bytes, as the server states them; Exchange's figure counts the encoded form. */
  readonly size: number;
  /**
   * True for parts that were not sent as a file: a picture that the text shows, a signature, the text itself under a
   * name.
   */
  readonly inline: boolean;
  /** The signature of the mail (S/MIME, PGP). */
  readonly signature?: true;
  /** Content-ID without its angle brackets. */
  readonly contentId?: string;
  /** Content-Location (RFC 2557): how the HTML names it where it does so by no Content-ID. */
  readonly location?: string;
}

/** Someone whom an event concerns. */
export interface CalendarParticipant extends Address {
  /** PARTSTAT (RFC 5545 section 3.2.12): `NEEDS-ACTION`, `ACCEPTED`, `DECLINED`, `TENTATIVE`, … */
  readonly status: string;
}

/**
 * An invitation, an answer to one (RFC 5546), or the event of a calendar file. Times are such as other software can
 * place (RFC 9557): `…Z`, with an IANA zone in brackets, or with an offset; bare where they float or their zone is
 * unknown.
 */
export interface CalendarInfo {
  /** As the file says it; empty where it says none. */
  readonly method: string;
  /** `published`: an event without invitations. */
  readonly means:
    | 'invited'
    | 'added'
    | 'cancelled'
    | 'accepted'
    | 'declined'
    | 'tentative'
    | 'delegated'
    | 'answered'
    | 'proposed'
    | 'proposal_declined'
    | 'asked'
    | 'published';
  /** What it is about: a single event, all of a series, or one occurrence of it ({@link recurrenceId}). */
  readonly scope: 'event' | 'series' | 'occurrence';
  readonly uid: string;
  readonly summary?: string;
  readonly location?: string;
  /** A whole day is a date alone. */
  readonly start?: string;
  readonly end?: string;
  /** When the occurrence was to begin before it was changed. */
  readonly recurrenceId?: string;
  /** RRULE, as it is written. */
  readonly recurrence?: string;
  /** Grows when the organizer changes the event. */
  readonly sequence?: number;
  /** `CONFIRMED`, `TENTATIVE`, `CANCELLED`. */
  readonly status?: string;
  readonly organizer?: string;
  /** Addresses; 500 at most. */
  readonly attendees: readonly string[];
  /** The same with what each of them has answered. */
  readonly participants: readonly CalendarParticipant[];
  /** Of an answer: who gives it. */
  readonly answer?: CalendarParticipant & { readonly comment?: string };
}

/** What someone answers to an invitation, in the words of RFC 5545 section 3.2.12. */
export type InvitationAnswer = 'accepted' | 'tentative' | 'declined';

/** Whom a mail did not reach. */
export interface BouncedRecipient {
  /** Empty if the report names no address. */
  readonly recipient: string;
  /** `failed`, or `delayed` while the server continues trying. */
  readonly action: string;
  /** Enhanced status code (RFC 3463), such as `5.1.1`; empty where the report tells none. */
  readonly status: string;
  /** What the server said. */
  readonly diagnostic?: string;
}

/**
 * A report that a mail did not arrive, or is late (RFC 3464, or the words of a server that writes no such report). The
 * fields of its own are those of the first recipient whom it did not reach.
 */
export interface BounceInfo extends BouncedRecipient {
  /** All whom it did not reach; at least one. */
  readonly recipients: readonly BouncedRecipient[];
  /** Message-ID of the mail that bounced, where the report tells it. */
  readonly originalMessageId?: string;
}

/** What a poll reads first of every new message: small, and enough to know it again. All headers are missing if the server gave none. */
export interface MessageMeta extends MessageIdentity {
  readonly uid: number;
  readonly size: number;
  readonly seen: boolean;
  readonly flagged: boolean;
  readonly answered: boolean;
  /**
   * What our header says, in mail that left through a broker (submission.ts). The author of the mail could write it,
   * too.
   */
  readonly submissionId?: string;
}

/** What a filter looks at besides {@link MessageMeta}. Undefined: it could not be found out, or was not asked for. */
export interface MessageTraits {
  /** Addresses; none if the mail names no sender. */
  readonly from: readonly string[] | undefined;
  /** Addresses of To, Cc and Bcc. */
  readonly to: readonly string[] | undefined;
  readonly subject: string | undefined;
  readonly autoReply: boolean | undefined;
  /** True with a file, as the event's `attachments` count: what is `inline` is none. */
  readonly hasAttachment: boolean | undefined;
}

/** A message as it was read from the mailbox; nothing of it is stored. */
export interface ReadMessage {
  readonly meta: MessageMeta;
  readonly messageId: string | undefined;
  /** Of the mail that this one answers. */
  readonly inReplyTo: string | undefined;
  /** Message-IDs of the mails before it, as its sender's program lists them: all of them. */
  readonly references: readonly string[];
  /** Of an answer: the beginning of Outlook's Thread-Index, which all mails of a conversation share. */
  readonly threadIndex?: string;
  /** Of the first mail of its conversation, without brackets, where that is known from more than its own headers. */
  readonly threadRoot?: string;
  readonly subject: string;
  readonly from: Address | undefined;
  readonly to: readonly Address[];
  readonly cc: readonly Address[];
  readonly bcc: readonly Address[];
  readonly replyTo: readonly Address[];
  /** The Date header, if it can be understood. */
  readonly date: Date | undefined;
  readonly text: string;
  /** As received. Hostile until sanitised. */
  readonly html: string | undefined;
  /** What was cut or could not be read: `text`, `html`, `headers`, `structure`. */
  readonly truncated: readonly string[];
  readonly attachments: readonly Attachment[];
  readonly autoReply: boolean;
  readonly bounce: BounceInfo | undefined;
  /** Of a bounce: what our header says in the mail that came back. */
  readonly returnedSubmissionId?: string;
  readonly calendar: CalendarInfo | undefined;
}
