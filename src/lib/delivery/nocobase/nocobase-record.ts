import { z } from 'zod';
import type { OutgoingEvent } from '../../domain/event.ts';

/**
 * NocoBase can neither filter nor sort by a JSON field, so a message is one flat record. Its own fields hold what lists
 * and filters need; `raw` holds the whole event.
 */
export type FlatRecord = Readonly<Record<string, unknown>>;

/** What is to be done with the records of a `collection` destination to tell of an event. */
export type RecordChange =
  /** Fields of the message's record, if there still is one. */
  | { readonly kind: 'change'; readonly messageKey: string; readonly fields: FlatRecord }
  /** The record of the mailbox, made if there is none. */
  | { readonly kind: 'account'; readonly mailboxId: string; readonly fields: FlatRecord }
  /** The records of all mailboxes: it concerns none of them alone. */
  | { readonly kind: 'accounts'; readonly fields: FlatRecord }
  /** There is no record that could tell of it. */
  | { readonly kind: 'none' };

// A string field of NocoBase takes 255 characters; one more is a 500. Everything else that can be long is long text.
const shortCharacters = 255;
const short = (text: string): string => Array.from(text).slice(0, shortCharacters).join('');

const nullable = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null);
const address = z.object({ name: z.string(), address: z.string() });
const addresses = z.array(address).default([]);

const mailbox = z.object({
  id: z.string(),
  address: z.string(),
  label: nullable(z.string()),
  ownerRef: nullable(z.union([z.string(), z.number()])),
});

const message = z.object({
  messageKey: z.string(),
  fingerprint: z.string(),
  mailbox,
  folder: z.object({ path: z.string(), role: nullable(z.string()) }),
  messageRef: z.string(),
  messageId: nullable(z.string()),
  threadKey: z.string(),
  direction: z.string(),
  subject: z.string(),
  from: nullable(address),
  to: addresses,
  cc: addresses,
  bcc: addresses,
  replyTo: addresses,
  date: nullable(z.string()),
  receivedAt: z.string(),
  seen: z.boolean(),
  flagged: z.boolean(),
  answered: z.boolean(),
  text: nullable(z.string()),
  html: nullable(z.string()),
  snippet: z.string(),
  attachments: z.array(z.object({ inline: z.boolean() })),
  autoReply: z.boolean(),
  bounce: nullable(z.object({})),
  calendar: nullable(z.object({ means: z.string() })),
});

const change = z.object({
  messageKey: z.string(),
  change: z.string().optional(),
  messageRef: z.string().optional(),
  folder: z.object({ path: z.string(), role: nullable(z.string()) }).optional(),
  seen: z.boolean().optional(),
  flagged: z.boolean().optional(),
  answered: z.boolean().optional(),
});

const ofMailbox = z.object({
  mailbox,
  state: z.string().optional(),
  code: z.string().optional(),
  remedy: z.string().optional(),
});

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
function messageFields(data: z.output<typeof message>): Fields<Exclude<(typeof messageFieldNames)[number], 'raw'>> {
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
    // A calendar file that is only published invites nobody.
    isInvitation: data.calendar !== null && data.calendar.means !== 'published',
    removed: false,
  };
}

const ownerRefOf = ({ ownerRef }: z.output<typeof mailbox>): string | null =>
  ownerRef === null ? null : short(String(ownerRef));

function changedFields(type: OutgoingEvent['type'], data: z.output<typeof change>): FlatRecord {
  if (type === 'message.removed') return { removed: true };
  const { messageRef, folder, seen, flagged, answered } = data;
  // What turns up again was told as removed, if it was away for long in a folder that is not watched.
  const removed = data.change === 'moved' ? false : undefined;
  const fields: Fields<(typeof changeFieldNames)[number]> = {
    ...{ messageRef, folderPath: folder?.path, folderRole: folder?.role },
    ...{ seen, flagged, answered, removed },
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** What an event makes of the state that the mailbox's record shows; other events leave it as it is. */
const stateAfter: Readonly<Partial<Record<OutgoingEvent['type'], string>>> = {
  'mailbox.connected': 'active',
  'mailbox.recovered': 'active',
  'mailbox.degraded': 'degraded',
  'mailbox.reconnect_required': 'reconnect_required',
  'mailbox.consent_required': 'consent_required',
  'mailbox.removed': 'removed',
};

const lastEventFields = (event: OutgoingEvent): Fields<'lastEvent' | 'lastEventType' | 'lastEventAt'> => ({
  lastEvent: { id: event.id, type: event.type, timestamp: event.timestamp.toISOString(), data: event.data },
  lastEventType: event.type,
  lastEventAt: event.timestamp.toISOString(),
});

function accountFields(event: OutgoingEvent, data: z.output<typeof ofMailbox>): FlatRecord {
  // It is connected, and its mail server could not be reached yet: `mailbox.recovered` follows.
  const isConnecting = event.type === 'mailbox.connected' && data.state === 'connecting';
  const state = isConnecting ? data.state : stateAfter[event.type];
  const fields: Fields<Exclude<(typeof accountFieldNames)[number], 'state' | 'code' | 'remedy'>> = {
    mailboxId: data.mailbox.id,
    address: short(data.mailbox.address),
    label: data.mailbox.label,
    ownerRef: ownerRefOf(data.mailbox),
    ...lastEventFields(event),
  };
  if (state === undefined) return fields;
  // A state tells its own code and remedy, or that there are none any more.
  const all: Fields<(typeof accountFieldNames)[number]> = {
    ...fields,
    state,
    code: data.code ?? '',
    remedy: data.remedy ?? '',
  };
  return all;
}

/**
 * The record of a message, once.
 * @param data the data of its `message.received` as it goes out, its HTML sanitised
 */
export function messageRecord(event: OutgoingEvent, data: Readonly<Record<string, unknown>>): FlatRecord {
  // The event as a webhook would get it.
  const raw = { type: event.type, timestamp: event.timestamp.toISOString(), data };
  return { ...messageFields(message.parse(data)), raw };
}

/** The change of records that tells of any event but `message.received`. */
export function recordChange(event: OutgoingEvent, data: Readonly<Record<string, unknown>>): RecordChange {
  if (event.type === 'message.updated' || event.type === 'message.removed') {
    const parsed = change.safeParse(data);
    if (parsed.success) {
      const { messageKey } = parsed.data;
      return { kind: 'change', messageKey, fields: changedFields(event.type, parsed.data) };
    }
  }
  if (event.type === 'secret.expiring') return { kind: 'accounts', fields: lastEventFields(event) };
  const parsed = ofMailbox.safeParse(data);
  if (!parsed.success) return { kind: 'none' };
  return { kind: 'account', mailboxId: parsed.data.mailbox.id, fields: accountFields(event, parsed.data) };
}
