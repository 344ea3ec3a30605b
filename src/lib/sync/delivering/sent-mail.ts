import type { MessageMeta, ReadMessage } from '../../domain/mail/message.ts';
import { mayBeBounce } from '../../mailbox/message/server-mail.ts';
import type { FolderRun } from '../state/folder-poll.ts';
import { readCaps } from '../state/run-context.ts';
import type { DeliveryPoll, FolderDelivery } from './delivery-context.ts';

/**
 * Tells mail out of a message that was read: a copy in Sent of what went out through the broker, or a bounce. Before the
 * message is settled, so that a run that dies tells it again.
 * @returns the id of the submission of which it is the copy
 * @throws what {@link SentMail} throws
 */
export async function noteSentMail(at: FolderDelivery, message: ReadMessage): Promise<string | undefined> {
  const { context, mailbox } = at;
  if (isSentFolder(at)) return noteCopy(at, message.meta, message.from?.address);
  if (message.bounce !== undefined) await context.sentMail?.bounced(mailbox.row, message);
  return undefined;
}

/**
 * The same of a message that the filter keeps back, which is not read for anyone else: what became of a mail that was
 * sent does not depend on what is delivered.
 */
export async function noteKeptBack(at: DeliveryPoll, meta: MessageMeta): Promise<void> {
  const { context, session, record } = at;
  if (context.sentMail === undefined) return;
  if (isSentFolder(at)) await noteCopy(at, meta);
  else if (mayBeBounce(meta)) {
    const message = await session.read(record.folder.path, meta, readCaps(context));
    if (message !== undefined) await noteSentMail(at, message);
  }
}

async function noteCopy(
  { context, mailbox }: FolderDelivery,
  meta: MessageMeta,
  from?: string,
): Promise<string | undefined> {
  const { submissionId, messageId } = meta;
  if (submissionId === undefined || context.sentMail === undefined) return undefined;
  const isOurs = await context.sentMail.copied(mailbox.row, submissionId, { messageId, from });
  return isOurs ? submissionId : undefined;
}

const isSentFolder = ({ record }: Pick<FolderRun, 'record'>): boolean => record.folder.role === 'sent';
