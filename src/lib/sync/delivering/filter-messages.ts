import { directionByFolder, directionOf } from '../../domain/mail/direction.ts';
import { type CompiledFilter, compileFilter, type FilterFacts, needsOf, passes } from '../../domain/mail/filter.ts';
import type { MessageMeta, MessageTraits } from '../../domain/mail/message.ts';
import type { ImapSession } from '../../mailbox/session/session.ts';
import type { FolderRecord } from '../state/folder-record.ts';
import type { MailboxRecord } from '../state/mailbox-record.ts';
import type { Care } from '../state/safe-mode.ts';

/**
 * Whether the filter of its mailbox keeps a message back.
 * @param next those that will be asked about after it: what is not known of them yet is asked for together
 */
export type MessageFilter = (meta: MessageMeta, next: readonly MessageMeta[], care: Care) => Promise<boolean>;

/** Sifts the messages of one folder by their metadata. The server is asked only where these alone do not decide. */
export function createMessageFilter(session: ImapSession, mailbox: MailboxRecord, record: FolderRecord): MessageFilter {
  const { address } = mailbox.row;
  const { folder } = record;
  let compiled: CompiledFilter | undefined;
  let known: ReadonlyMap<number, MessageTraits> = new Map();

  function factsOf({ size, uid }: MessageMeta): FilterFacts {
    const traits = known.get(uid);
    return {
      folder,
      // The server could not tell; see fetch-meta.ts.
      size: size === 0 ? undefined : size,
      from: traits?.from,
      to: traits?.to,
      subject: traits?.subject,
      autoReply: traits?.autoReply,
      hasAttachment: traits?.hasAttachment,
      direction: directionByFolder(folder.role) ?? (traits?.from && directionOf(folder.role, traits.from[0], address)),
    };
  }

  return async (meta, next, care) => {
    const { filter } = mailbox;
    if (filter === undefined) return false;
    compiled ??= compileFilter(filter);
    const verdict = compiled;
    const isOpen = (one: MessageMeta) => verdict(factsOf(one)) === 'unknown';
    // Of a message that may end the process nothing more is looked at.
    if (isOpen(meta) && care === 'whole' && !known.has(meta.uid)) {
      known = await session.fetchTraits(folder.path, [meta, ...next.filter(isOpen)], needsOf(filter));
    }
    return !passes(verdict, factsOf(meta));
  };
}
