import { buildMessageReceived } from '../delivery/events/message-event.ts';
import type { MessageRef } from '../delivery/events/message-ref.ts';
import { awaitedLater } from '../domain/all-settled.ts';
import { BrokerError } from '../errors.ts';
import type { ReadCaps } from '../mailbox/session/session.ts';
import { knownKeys } from '../store/mailboxes/known-keys.ts';
import { knownMessages } from '../store/mailboxes/known-places.ts';
import { findReferenced } from './find-referenced.ts';
import { summaryOf } from './summary.ts';
import type { Reader, ReadingDeps } from './types.ts';

// As for events: what is longer is cut, and named in `truncated`.
const caps: ReadCaps = { capBytes: 2 * 1024 * 1024 };

const loadReplyText = () => import('../mailbox/message/reply-text.ts');

/** What an event says besides that is about its delivery, not about the message. */
const ofDelivery = new Set(['mailbox', 'submissionId', 'seemsNew', 'late', 'replay']);

/**
 * One message, as its event would show it now, with its current reference. Reading it changes nothing, not even `seen`.
 * @throws BrokerError `not_found_here` | `message_gone`, and what a session throws
 */
export async function openMessage(deps: ReadingDeps, { row, throttledUntil }: Reader, ref: MessageRef) {
  const known = awaitedLater(knownMessages(deps.store, row.id));
  const found = await deps.interactive.with(
    row,
    async (session) => {
      const there = await findReferenced(session, row, ref, () => known);
      const message = await session.read(there.place.path, there.listed.meta, caps);
      if (message === undefined) throw new BrokerError('not_found_here');
      return { ...there, message };
    },
    throttledUntil,
  );
  const { place, uidValidity, message, listed } = found;
  const shown = { row, place, uidValidity, keys: knownKeys(await known) };
  const summary = summaryOf(shown, listed);
  const event = buildMessageReceived({
    // Stands in the log where the HTML cannot be made safe.
    key: summary.messageKey ?? summary.messageRef,
    mailbox: { id: row.id, address: row.address, label: row.label, ownerRef: row.ownerRef },
    ...{ folder: place, uidValidity, message },
    ...{ seemsNew: false, late: false },
  });
  const data = await deps.renderer.data(event, { rawHtml: false });
  const { draft, categories, hasAttachments, messageKey } = summary;
  const { replyTextOf } = await loadReplyText();
  return {
    ...Object.fromEntries(Object.entries(data).filter(([name]) => !ofDelivery.has(name))),
    ...{ messageKey, draft, categories, replyText: replyTextOf(message.text) ?? null },
    hasAttachments: hasAttachments ?? message.attachments.some(({ inline }) => !inline),
  };
}
