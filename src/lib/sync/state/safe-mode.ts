import type { MessageMeta, ReadMessage } from '../../domain/mail/message.ts';
import type { CurrentMessage } from '../../store/rows/rows.ts';
import type { Committer } from '../../store/shard/committer.ts';
import type { Head } from '../../store/shard/lease.ts';

/** After this many acquires without a release, a message is suspected of crashing the process that reads it. */
const killLoopStarts = 3;

/** How much of a message is read, by how often the process crashed on it. */
export type Care = 'whole' | 'metadata' | 'nothing';

/**
 * Reading in a kill loop: one message at a time in the whole process, and each is named in `!` while it is fetched and
 * parsed, so that the process that follows a crash knows which message caused it.
 */
export interface SafeMode {
  /** Reads one message under its name. The name goes with the next commit, which precedes the POST. */
  read<T>(message: Omit<CurrentMessage, 'deaths'>, work: (care: Care) => Promise<T>): Promise<T>;
}

/** @returns undefined unless the shard is in a kill loop */
export function safeModeOf(
  head: Head,
  committer: Pick<Committer, 'renew'>,
  alone: <T>(work: () => Promise<T>) => Promise<T>,
): SafeMode | undefined {
  const suspect = head.current;
  head.current = undefined;
  if (head.starts < killLoopStarts) return undefined;
  return {
    read: (message, work) =>
      alone(async () => {
        const { mailboxId, folderId, uid } = message;
        const isSuspect = suspect?.mailboxId === mailboxId && suspect.folderId === folderId && suspect.uid === uid;
        const deaths = isSuspect ? suspect.deaths + 1 : 0;
        head.current = { mailboxId, folderId, uid, deaths };
        await committer.renew();
        try {
          return await work(deaths < 2 ? 'whole' : deaths === 2 ? 'metadata' : 'nothing');
        } finally {
          head.current = undefined;
        }
      }),
  };
}

/** A message of which nothing but its metadata was looked at. */
export const metadataOnly = (meta: MessageMeta): ReadMessage => ({
  meta,
  messageId: meta.messageId,
  inReplyTo: undefined,
  references: [],
  subject: meta.subject ?? '',
  from: undefined,
  to: [],
  cc: [],
  bcc: [],
  replyTo: [],
  date: undefined,
  text: '',
  html: undefined,
  truncated: ['text', 'html', 'headers', 'structure'],
  attachments: [],
  autoReply: false,
  bounce: undefined,
  calendar: undefined,
});
