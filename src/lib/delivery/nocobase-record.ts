import { z } from 'zod';
import type { OutgoingEvent } from '../domain/event.ts';

/**
 * NocoBase can neither filter nor sort by a JSON field, so a message is one flat record. Its own fields hold what lists
 * and filters need; `raw` holds the whole event.
 */
export type FlatRecord = Readonly<Record<string, unknown>>;

/** What is to be done with the records of a `collection` destination to tell of an event. */
export type RecordChange =
  /** The record of the message, once. */
  | { readonly kind: 'message'; readonly messageKey: string; readonly record: FlatRecord }
  /** Fields of the message's record, if there still is one. */
  | { readonly kind: 'change'; readonly messageKey: string; readonly fields: FlatRecord }
  /** The record of the mailbox, made if there is none. */
  | { readonly kind: 'account'; readonly mailboxId: string; readonly fields: FlatRecord }
  /** There is no record that could tell of it. */
  | { readonly kind: 'none' };

// A string field of NocoBase takes 255 characters; one more is a 500. Everything else that can be long is long text.
const shortCharacters = 255;
const short = (text: string): string => Array.from(text).slice(0, shortCharacters).join('');

const nullable = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null);
const address = z.looseObject({ name: z.string(), address: z.string() });
const addresses = z.array(address).default([]);

const mailbox = z.looseObject({
  id: z.string(),
  address: z.string(),
  label: nullable(z.string()),
  ownerRef: nullable(z.union([z.string(), z.number()])),
});

const message = z.looseObject({
  messageKey: z.string(),
  fingerprint: z.string(),
  mailbox,
  folder: z.looseObject({ path: z.string(), role: nullable(z.string()) }),
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
  attachments: z.array(z.looseObject({ inline: z.boolean() })),
  autoReply: z.boolean(),
  bounce: nullable(z.looseObject({})),
  calendar: nullable(z.looseObject({})),
});

const change = z.looseObject({
  messageKey: z.string(),
  change: z.string().optional(),
  messageRef: z.string().optional(),
  folder: z.looseObject({ path: z.string(), role: nullable(z.string()) }).optional(),
  seen: z.boolean().optional(),
  flagged: z.boolean().optional(),
  answered: z.boolean().optional(),
});

const ofMailbox = z.looseObject({ mailbox, code: z.string().optional(), remedy: z.string().optional() });

const list = (people: readonly { readonly address: string }[]): string =>
  people.map((person) => person.address).join(', ');

/** The record of a message, but for `raw`. */
function messageRecord(data: z.output<typeof message>): FlatRecord {
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
    isInvitation: data.calendar !== null,
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
  const fields = { messageRef, folderPath: folder?.path, folderRole: folder?.role, seen, flagged, answered, removed };
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

function accountFields(event: OutgoingEvent, data: z.output<typeof ofMailbox>): FlatRecord {
  const state = stateAfter[event.type];
  const fields = {
    mailboxId: data.mailbox.id,
    address: short(data.mailbox.address),
    label: data.mailbox.label,
    ownerRef: ownerRefOf(data.mailbox),
    lastEvent: { id: event.id, type: event.type, timestamp: event.timestamp.toISOString(), data: event.data },
    lastEventType: event.type,
    lastEventAt: event.timestamp.toISOString(),
  };
  // A state tells its own code and remedy, or that there are none any more.
  return state === undefined ? fields : { ...fields, state, code: data.code ?? '', remedy: data.remedy ?? '' };
}

/**
 * The change of records that tells of an event.
 * @param data the event's data as it goes out, its HTML sanitised
 */
export function recordChange(event: OutgoingEvent, data: Readonly<Record<string, unknown>>): RecordChange {
  if (event.type === 'message.received') {
    const parsed = message.parse(data);
    // The event as a webhook would get it.
    const raw = { type: event.type, timestamp: event.timestamp.toISOString(), data };
    return { kind: 'message', messageKey: parsed.messageKey, record: { ...messageRecord(parsed), raw } };
  }
  if (event.type === 'message.updated' || event.type === 'message.removed') {
    const parsed = change.safeParse(data);
    if (parsed.success) {
      const { messageKey } = parsed.data;
      return { kind: 'change', messageKey, fields: changedFields(event.type, parsed.data) };
    }
  }
  const parsed = ofMailbox.safeParse(data);
  if (!parsed.success) return { kind: 'none' };
  return { kind: 'account', mailboxId: parsed.data.mailbox.id, fields: accountFields(event, parsed.data) };
}
