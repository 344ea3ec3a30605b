import { z } from 'zod';
import { count, maybeText, page, text, time } from './parts.ts';

const destinationFields = {
  id: text,
  type: text.describe('webhook, workflow or collection'),
  name: text,
  url: text,
  rawHtml: z.boolean(),
  folderCounts: z.boolean().describe('Events folder.counts go there'),
  paused: z.boolean(),
  auth: z.object({ type: text }),
  collections: z.object({ messages: text, accounts: text, outbox: text, attachments: text.optional() }).optional(),
  signingSecrets: z.array(z.object({ createdAt: time })),
  held: z
    .object({
      since: time,
      code: text,
      status: z.int().optional(),
      sentence: text,
      remedy: text,
      who: text,
      nextProbe: time.optional(),
    })
    .optional(),
  lastAccepted: time.optional(),
  createdAt: time,
  updatedAt: time,
};

export const destination = z.object(destinationFields).meta({ id: 'Destination' });
export const destinations = page(destination);
export const changedDestination = z.object({
  ...destinationFields,
  signingSecret: text.optional().describe('Shown this once'),
});
export const destinationTest = z.object({
  accepted: z.boolean(),
  status: z.int().optional(),
  code: text.optional(),
  sentence: text.optional(),
  remedy: text.optional(),
  who: text.optional(),
});
export const countOfMailboxes = z.object({ mailboxes: count });

const keyFields = {
  id: text,
  status: z.enum(['active', 'expired', 'invalid']),
  scopes: z.array(text),
  mailboxes: z.array(text).optional(),
  destinations: z.array(text).optional(),
  expiresAt: time.optional(),
  label: text.optional(),
  createdAt: time,
  createdBy: text,
  lastUsedAt: time.optional(),
};
export const key = z.object(keyFields).meta({ id: 'Key' });
export const keys = page(key);
export const newKey = z.object({ ...keyFields, key: text.describe('Shown this once') });

export const health = z.object({ status: z.literal('ok') });

export const doctor = z.object({
  status: z.enum(['ok', 'warn', 'fail']),
  version: text,
  checkedAt: time,
  tookMs: z.number(),
  items: z.array(
    z.object({
      check: text,
      subject: maybeText,
      vantage: text,
      status: z.enum(['ok', 'warn', 'fail', 'unknown']),
      code: maybeText,
      sentence: text,
      remedy: maybeText,
      who: maybeText,
      doc: text,
    }),
  ),
});

export const reseal = z.object({
  progress: z
    .object({
      version: text,
      at: time,
      left: count,
      kinds: z.array(z.object({ kind: text, rows: count, left: count, failed: count, broken: count })),
      expiring: z.array(z.object({ kind: text, count, until: time.optional() })),
      settledAt: time,
      done: z.boolean(),
    })
    .nullable(),
});
