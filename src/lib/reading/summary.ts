import { encodeMessageRef } from '../delivery/events/message-ref.ts';
import { directionOf } from '../domain/mail/direction.ts';
import { fingerprint, messageHash } from '../domain/mail/message-identity.ts';
import type { ListedMessage } from '../mailbox/fetch/fetch-listed.ts';
import type { KnownKeys } from '../store/mailboxes/known-keys.ts';
import { dayOf } from '../store/rows/recent-messages-row.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import type { Place } from './types.ts';

/** Where a message lies that is to be shown. */
export interface Shown {
  readonly row: MailboxRow;
  readonly place: Place;
  readonly uidValidity: bigint;
  readonly keys: KnownKeys;
}

/** How every answer names a message: its key where the broker knows it, what it is, and where it is now. */
export function namesOf({ place, uidValidity, keys }: Shown, { meta }: Pick<ListedMessage, 'meta'>) {
  const hash = messageHash(meta);
  const { uid } = meta;
  return {
    messageRef: encodeMessageRef({ folderId: place.id, uidValidity, uid, hash, day: dayOf(meta.internalDate) }),
    messageKey: keys.of({ folderId: place.id, uidValidity, uid }, hash) ?? null,
    fingerprint: fingerprint(meta),
    folder: { path: place.path, role: place.role ?? null },
  };
}

/** A message as a list shows it; its text is not read. */
export function summaryOf(shown: Shown, listed: ListedMessage) {
  const { meta, headline } = listed;
  return {
    ...namesOf(shown, listed),
    messageId: headline.messageId ?? null,
    inReplyTo: headline.inReplyTo ?? null,
    direction: directionOf(shown.place.role, headline.from?.address, shown.row.address),
    subject: headline.subject,
    from: headline.from ?? null,
    to: headline.to,
    cc: headline.cc,
    date: headline.date?.toISOString() ?? null,
    receivedAt: meta.internalDate.toISOString(),
    size: meta.size,
    seen: meta.seen,
    flagged: meta.flagged,
    answered: meta.answered,
    draft: listed.draft,
    categories: listed.categories,
    hasAttachments: listed.hasAttachments ?? null,
  };
}

export type Summary = ReturnType<typeof summaryOf>;
