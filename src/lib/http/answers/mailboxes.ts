import { z } from 'zod';
import { count, maybeText, maybeTime, page, role, text, time } from './parts.ts';

const who = maybeText.describe('Who can act');

const mailboxFields = {
  id: text,
  address: text,
  login: text,
  auth: z.enum(['app', 'delegated']),
  shared: z.boolean(),
  label: maybeText,
  ownerRef: z.union([text, z.int()]).nullable(),
  destinationId: text,
  state: text.describe('connecting, active, throttled, degraded, reconnect_required, consent_required, paused'),
  since: maybeTime,
  code: maybeText,
  detail: maybeText,
  remedy: maybeText,
  who,
  paused: z.boolean(),
  folders: z.array(z.object({ id: text, path: maybeText, role })),
  filter: z.unknown().optional().describe('As it was set; "unreadable" if its row is broken; absent in a list'),
  syncFrom: maybeTime,
  sendVia: text.describe('auto, smtp or graph'),
  createdAt: time,
};

export const mailbox = z.object(mailboxFields).meta({ id: 'Mailbox' });
export const mailboxes = page(mailbox);
export const addedMailbox = z.object({
  ...mailboxFields,
  warnings: z.array(z.object({ code: text, detail: text, remedy: text })),
});

const firstSync = z
  .object({
    state: z.enum(['waiting', 'running', 'done']),
    since: time,
    done: count,
    total: count.nullable(),
    ratePerMinute: z.number().nullable(),
    secondsLeft: z.number().nullable(),
  })
  .nullable();

export const replay = z
  .object({
    id: text,
    mailboxId: text,
    number: z.int(),
    askedAt: time,
    dead: z.literal(true).optional(),
    messageKey: maybeText.optional(),
    since: time.optional(),
    force: z.boolean().optional(),
    upTo: time.optional(),
    delivered: count.optional(),
    failed: count.optional(),
  })
  .meta({ id: 'Replay' });

/** What a list does not read. */
const whole = {
  ...mailboxFields,
  lastDelivery: maybeTime.describe('When the destination last accepted a mail of it; null where none is noted'),
  firstSync,
  locale: maybeText,
  timeZone: maybeText,
  signatureHtml: maybeText,
  aliases: z.array(text),
  suppressHardBounces: z.boolean(),
  sentCopyIn: text.describe('account, mailbox'),
};
export const mailboxWithSync = z.object(whole);
export const mailboxWithReplays = z.object({ ...whole, replays: z.array(replay) });
export const replays = z.object({ replays: z.array(replay) });

export const token = z.object({
  accessToken: text,
  tokenType: z.literal('Bearer'),
  expiresAt: time,
  expiresIn: z.int(),
  scopes: z.array(text),
  username: text,
});

export const link = z.object({ url: text, expiresAt: time });
export const consentLink = z.object({ url: text, tenant: text, expiresAt: time });

export const delivery = z
  .object({
    id: text,
    state: z.enum(['retrying', 'dead']),
    mailboxId: text,
    address: text,
    destinationId: text,
    messageKey: text,
    messageRef: text,
    folder: z.object({ path: maybeText, role }).nullable(),
    receivedOn: text,
    code: text,
    detail: maybeText,
    remedy: maybeText,
    who,
    status: z.int().nullable(),
    attempts: count,
    failedAt: time,
    nextAt: maybeTime,
    keptUntil: maybeTime,
    replay: z.unknown().nullable(),
  })
  .meta({ id: 'Delivery' });
export const deliveries = page(delivery);
