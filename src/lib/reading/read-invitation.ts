import { text } from 'node:stream/consumers';
import type { MessageRef } from '../delivery/events/message-ref.ts';
import { BrokerError } from '../errors.ts';
import { type Invitation, readInvitation } from '../mailbox/calendar/invitation.ts';
import { leavesOf } from '../mailbox/mime/structure.ts';
import { knownMessages } from '../store/mailboxes/known-places.ts';
import { findReferenced } from './find-referenced.ts';
import type { Reader, ReadingDeps } from './types.ts';

/** An invitation, and by which mail it came. */
export interface ReceivedInvitation {
  readonly invitation: Invitation;
  readonly messageId: string | undefined;
  readonly inReplyTo: string | undefined;
  readonly references: readonly string[];
}

// A file of 500 attendees has some 100 KB.
const mostBytes = 1024 * 1024;

const isCalendar = ({ type }: { readonly type: string }): boolean => /^(text\/calendar|application\/ics)$/i.test(type);

/**
 * The invitation that a message brings, as its organizer wrote it.
 * @throws BrokerError `not_an_invitation` | `not_found_here` | `message_gone`, and what a session throws
 */
export async function readInvitationOf(
  deps: Pick<ReadingDeps, 'interactive' | 'store'>,
  { row, throttledUntil }: Reader,
  ref: MessageRef,
): Promise<ReceivedInvitation> {
  const found = await deps.interactive.with(
    row,
    async (session) => {
      const { place, listed } = await findReferenced(session, row, ref, () => knownMessages(deps.store, row.id));
      const { meta, headline, structure } = listed;
      const leaves = structure === undefined ? [] : leavesOf(structure).leaves.filter(isCalendar);
      for (const { part, parameters } of leaves) {
        const content = await session.download(place.path, meta.uid, part, mostBytes);
        const invitation = content && (await readInvitation(await text(content.bytes), parameters.method ?? ''));
        const { messageId, inReplyTo, references } = headline;
        if (invitation !== undefined) return { invitation, messageId, inReplyTo, references };
      }
      return undefined;
    },
    throttledUntil,
  );
  if (found === undefined) throw new BrokerError('not_an_invitation');
  return found;
}
