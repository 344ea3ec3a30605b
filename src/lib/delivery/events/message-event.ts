import { base64url, purposeHash } from '../../domain/bytes.ts';
import type { EventMailbox, OutgoingEvent } from '../../domain/events/event.ts';
import type { MailboxData } from '../../domain/events/event-data.ts';
import { directionOf } from '../../domain/mail/direction.ts';
import type { FolderRole } from '../../domain/mail/folder.ts';
import type { ReadMessage } from '../../domain/mail/message.ts';
import { fingerprint, messageHash } from '../../domain/mail/message-identity.ts';
import { oldestAncestor, withoutBrackets } from '../../domain/mail/message-ids.ts';
import { dayOf } from '../../store/rows/recent-messages-row.ts';
import { encodeMessageRef } from './message-ref.ts';
import { snippetOf } from './snippet.ts';

export interface MessageReceivedInput {
  /** The messageKey, kept since the message was first seen. It becomes the `webhook-id`. */
  readonly key: string;
  readonly mailbox: EventMailbox;
  readonly folder: { readonly id: string; readonly path: string; readonly role: FolderRole | undefined };
  readonly uidValidity: bigint;
  readonly message: ReadMessage;
  /** False for a copy, or for mail older than what the mailbox announces. */
  readonly seemsNew: boolean;
  /** True if it goes out after messages that arrived later. */
  readonly late: boolean;
  /** Of the submission whose copy in Sent it is. */
  readonly submissionId?: string | undefined;
  /**
   * `metadata` leaves text and html out, under the same id: for a message that the receiver refused whole.
   * Default `full`.
   */
  readonly variant?: 'full' | 'metadata';
  /**
   * The number of a replay that sends again what was delivered: then the event has an id of its own, or a receiver
   * that dedupes would drop it.
   */
  readonly replay?: number | undefined;
}

/**
 * `message.received`. Pure, and the same for the same input, so that a retry carries the same content under the same id.
 * `html` is still as received: the deliverer sanitises it on the way out unless the destination asks for it raw.
 */
export function buildMessageReceived(input: MessageReceivedInput): OutgoingEvent<'message.received'> {
  const { message, mailbox, folder } = input;
  const { meta } = message;
  const full = input.variant !== 'metadata';
  const left = full ? [] : ['text', ...(message.html === undefined ? [] : ['html'])];
  return {
    id: input.replay === undefined ? input.key : `${input.key}_r${input.replay}`,
    type: 'message.received',
    timestamp: meta.internalDate,
    data: {
      messageKey: input.key,
      fingerprint: fingerprint(meta),
      mailbox: mailboxData(mailbox),
      folder: { path: folder.path, role: folder.role ?? null },
      messageRef: encodeMessageRef({
        folderId: folder.id,
        uidValidity: input.uidValidity,
        uid: meta.uid,
        hash: messageHash(meta),
        day: dayOf(meta.internalDate),
      }),
      messageId: message.messageId ?? null,
      inReplyTo: message.inReplyTo ?? null,
      references: shortened(message.references),
      threadKey: threadKey(message),
      direction: directionOf(folder.role, message.from?.address, mailbox.address),
      submissionId: input.submissionId ?? null,
      subject: message.subject,
      from: message.from ?? null,
      to: message.to,
      cc: message.cc,
      bcc: message.bcc,
      replyTo: message.replyTo,
      date: message.date?.toISOString() ?? null,
      receivedAt: meta.internalDate.toISOString(),
      size: meta.size,
      seen: meta.seen,
      flagged: meta.flagged,
      answered: meta.answered,
      snippet: snippetOf(message.text),
      text: full ? message.text : null,
      html: full ? (message.html ?? null) : null,
      truncated: [...new Set([...message.truncated, ...left])],
      attachments: message.attachments.map((attachment) => ({
        part: attachment.part,
        filename: attachment.filename,
        contentType: attachment.contentType,
        size: attachment.size,
        inline: attachment.inline,
        contentId: attachment.contentId ?? null,
        ...(attachment.location === undefined ? {} : { location: attachment.location }),
        ...(attachment.signature === true ? { signature: true } : {}),
        // Made when it is sent: a link lives for a day, and a message may wait longer for its destination.
        url: null,
      })),
      autoReply: message.autoReply,
      bounce: message.bounce ?? null,
      calendar: message.calendar ?? null,
      seemsNew: input.seemsNew,
      late: input.late,
      replay: input.replay ?? null,
    },
  };
}

/** How every event names its mailbox. */
export function mailboxData(mailbox: EventMailbox): MailboxData {
  return {
    id: mailbox.id,
    address: mailbox.address,
    label: mailbox.label ?? null,
    ownerRef: mailbox.ownerRef ?? null,
  };
}

// A thread of a thousand mails still hangs together by its first and the last of them.
const mostReferences = 100;

const shortened = (ids: readonly string[]): readonly string[] =>
  ids.length <= mostReferences ? ids : [...ids.slice(0, 1), ...ids.slice(1 - mostReferences)];

/**
 * `t_` and 22 characters, equal for all messages of a conversation of which the first is known: over that one's
 * Message-ID. A message without ancestors is the first itself.
 */
export function threadKey(message: ReadMessage): string {
  const root = message.threadRoot ?? oldestAncestor(message) ?? message.messageId;
  const hash =
    root === undefined
      ? purposeHash('thread', fingerprint(message.meta), message.meta.subject ?? '')
      : purposeHash('thread', withoutBrackets(root));
  return `t_${base64url(hash.slice(0, 16))}`;
}
