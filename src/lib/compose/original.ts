import type { Attachment, ReadMessage } from '../domain/mail/message.ts';

/** What a reply has to know of the message that it answers, as it was read from the mailbox. */
export interface Original
  extends Pick<
    ReadMessage,
    'messageId' | 'inReplyTo' | 'references' | 'subject' | 'from' | 'to' | 'cc' | 'replyTo' | 'date' | 'text' | 'html'
  > {
  /** When it came into the mailbox, for where its Date says nothing. */
  readonly receivedAt: Date;
  readonly attachments: readonly Attachment[];
}
