import type { OutgoingEvent } from '../../domain/events/event.ts';
import type { MailboxData, ReceivedData } from '../../domain/events/event-data.ts';
import type { EventType, OutboxType } from '../../domain/events/event-types.ts';

/**
 * NocoBase can neither filter nor sort by a JSON field, so a message is one flat record. Its own fields hold what lists
 * and filters need; `raw` holds the whole event.
 */
export type FlatRecord = Readonly<Record<string, unknown>>;

/** The changes to the records of a `collection` destination for an event. */
export type RecordChange =
  /** Fields of the message's record, if there still is one. */
  | { readonly kind: 'change'; readonly messageKey: string; readonly fields: FlatRecord }
  /** The record of the mailbox, made if there is none. */
  | { readonly kind: 'account'; readonly mailboxId: string; readonly fields: FlatRecord }
  /** The records of all mailboxes: it concerns none of them alone. */
  | { readonly kind: 'accounts'; readonly fields: FlatRecord }
  /** There is no record for it. */
  | { readonly kind: 'none' };

// A string field of NocoBase takes 255 characters; one more is a 500. Everything else that can be long is long text.
const shortCharacters = 255;
const short = (text: string): string => Array.from(text).slice(0, shortCharacters).join('');

const list = (people: readonly { readonly address: string }[]): string =>
  people.map((person) => person.address).join(', ');

/** What is filled of a message's record. */
export const messageFieldNames = [
  ...(['messageKey', 'fingerprint', 'direction', 'subject', 'fromAddress', 'fromName', 'toAddresses'] as const),
  ...(['ccAddresses', 'bccAddresses', 'replyToAddresses', 'mailboxId', 'mailboxAddress', 'ownerRef'] as const),
  ...(['folderPath', 'folderRole', 'threadKey', 'messageId', 'messageRef', 'text', 'html', 'snippet'] as const),
  ...(['hasAttachments', 'seen', 'flagged', 'answered', 'receivedAt', 'sentAt', 'isBounce', 'isAutoReply'] as const),
  ...(['isInvitation', 'removed', 'raw'] as const),
];

/** What later changes fill of it. */
export const changeFieldNames = [
  ...(['messageRef', 'folderPath', 'folderRole', 'seen', 'flagged', 'answered', 'removed'] as const),
];

/** What is filled of a mailbox's record. */
export const accountFieldNames = [
  ...(['mailboxId', 'address', 'label', 'ownerRef', 'state', 'code', 'remedy'] as const),
  ...(['lastEvent', 'lastEventType', 'lastEventAt'] as const),
];

type Fields<Name extends string> = Readonly<Record<Name, unknown>>;

/** The fields of a message's record, but for `raw`. */
function messageFields(data: ReceivedData): Fields<Exclude<(typeof messageFieldNames)[number], 'raw'>> {
  return {
    messageKey: data.messageKey,
    fingerprint: data.fingerprint,
    direction: data.direction,
    subject: data.subject,
    fromAddress: short(data.from?.address ?? ''),
    fromName: data.from?.name ?? '',
    toAddresses: list(data.to),
    ccAddresses: list(data.cc),
    bccAddresses: list(data.bcc),
    replyToAddresses: list(data.replyTo),
    mailboxId: data.mailbox.id,
    mailboxAddress: short(data.mailbox.address),
    ownerRef: ownerRefOf(data.mailbox),
    folderPath: data.folder.path,
    folderRole: data.folder.role,
    threadKey: data.threadKey,
    messageId: data.messageId,
    messageRef: data.messageRef,
    text: data.text,
    html: data.html,
    snippet: data.snippet,
    hasAttachments: data.attachments.some(({ inline }) => !inline),
    seen: data.seen,
    flagged: data.flagged,
    answered: data.answered,
    receivedAt: data.receivedAt,
    sentAt: data.date,
    isBounce: data.bounce !== null,
    isAutoReply: data.autoReply,
    // A calendar file that is only published is no invitation.
    isInvitation: data.calendar !== null && data.calendar.means !== 'published',
    removed: false,
  };
}

const ownerRefOf = ({ ownerRef }: MailboxData): string | null => (ownerRef === null ? null : short(String(ownerRef)));

function changedFields({ data }: OutgoingEvent<'message.updated'>): FlatRecord {
  const { change, messageRef, folder, seen, flagged, answered } = data;
  // What turns up again was told as removed, if it was away for long in a folder that is not watched.
  const removed = change === 'moved' ? false : undefined;
  const fields: Fields<(typeof changeFieldNames)[number]> = {
    ...{ messageRef, folderPath: folder.path, folderRole: folder.role },
    ...{ seen, flagged, answered, removed },
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Events that the record of the mailbox shows. */
type AccountEvent = Exclude<OutboxType, 'message.updated' | 'message.removed'>;

/** What an event makes of the state that the mailbox's record shows; undefined where it leaves it as it is. */
function stateAfter(event: OutgoingEvent<AccountEvent>): string | undefined {
  switch (event.type) {
    // `connecting`: its mail server could not be reached yet, and `mailbox.recovered` follows.
    case 'mailbox.connected':
    case 'mailbox.recovered':
    case 'mailbox.degraded':
    case 'mailbox.reconnect_required':
    case 'mailbox.consent_required':
      return event.data.state;
    case 'mailbox.removed':
      return 'removed';
    case 'message.vanished':
    case 'message.undeliverable':
    case 'folder.reset':
    case 'folder.counts':
    case 'submission.sent':
    case 'submission.failed':
    case 'submission.unknown':
    case 'submission.bounced':
      return undefined;
  }
}

const lastEventFields = (event: OutgoingEvent): Fields<'lastEvent' | 'lastEventType' | 'lastEventAt'> => ({
  lastEvent: { id: event.id, type: event.type, timestamp: event.timestamp.toISOString(), data: event.data },
  lastEventType: event.type,
  lastEventAt: event.timestamp.toISOString(),
});

function accountFields(event: OutgoingEvent<AccountEvent>): FlatRecord {
  const { mailbox, remedy = '' } = event.data;
  const state = stateAfter(event);
  const fields: Fields<Exclude<(typeof accountFieldNames)[number], 'state' | 'code' | 'remedy'>> = {
    mailboxId: mailbox.id,
    address: short(mailbox.address),
    label: mailbox.label,
    ownerRef: ownerRefOf(mailbox),
    ...lastEventFields(event),
  };
  if (state === undefined) return fields;
  // A state tells its own code and remedy, or that there are none any more.
  const code = 'code' in event.data ? (event.data.code ?? '') : '';
  const all: Fields<(typeof accountFieldNames)[number]> = { ...fields, state, code, remedy };
  return all;
}

/**
 * The record of a message, once.
 * @param data the data of its `message.received` as it goes out, its HTML sanitised
 */
export function messageRecord(event: OutgoingEvent<'message.received'>, data: ReceivedData): FlatRecord {
  // The event as a webhook would get it.
  const raw = { type: event.type, timestamp: event.timestamp.toISOString(), data };
  return { ...messageFields(data), raw };
}

/** The change of records for every event but `message.received`. */
export function recordChange(event: OutgoingEvent<Exclude<EventType, 'message.received'>>): RecordChange {
  switch (event.type) {
    case 'message.updated':
      return { kind: 'change', messageKey: event.data.messageKey, fields: changedFields(event) };
    case 'message.removed':
      return { kind: 'change', messageKey: event.data.messageKey, fields: { removed: true } };
    case 'secret.expiring':
      return { kind: 'accounts', fields: lastEventFields(event) };
    case 'destination.test':
      return { kind: 'none' };
    default:
      return { kind: 'account', mailboxId: event.data.mailbox.id, fields: accountFields(event) };
  }
}
