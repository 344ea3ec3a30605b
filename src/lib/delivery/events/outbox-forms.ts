import { z } from 'zod';
import type { OutboxType } from '../../domain/events/event-types.ts';
import type { OutboxData } from '../../domain/events/outbox-data.ts';
import { folderRoles } from '../../domain/mail/folder.ts';
import { storedStates } from '../../domain/submission.ts';
import { code } from '../../store/table/columns.ts';

const folder = z.object({ path: z.string(), role: z.enum(folderRoles).nullable() });

const trouble = <State extends string>(state: State) => z.object({ state: z.literal(state), code, since: z.string() });

const submissionEnd = z.object({
  submissionId: z.string(),
  state: z.enum(storedStates),
  code: code.optional(),
  reply: z.string().optional(),
  messageId: z.string(),
  ourMessageId: z.string(),
  attempts: z.number(),
  refused: z.array(z.object({ address: z.string(), code, reply: z.string() })),
  fromRewritten: z.string().optional(),
  original: z
    .object({ kind: z.string(), messageRef: z.string(), marked: z.boolean(), code: code.optional() })
    .optional(),
  resendable: z.boolean().optional(),
  sentAt: z.string().optional(),
  endedAt: z.string().optional(),
});

const forms: { readonly [Type in OutboxType]: z.ZodType<OutboxData[Type]> } = {
  'message.updated': z.object({
    messageKey: z.string(),
    change: z.enum(['flags', 'moved']),
    from: folder.optional(),
    folder,
    messageRef: z.string(),
    seen: z.boolean(),
    flagged: z.boolean(),
    answered: z.boolean(),
    causedBy: z.string().optional(),
  }),
  'message.removed': z.object({ messageKey: z.string(), folder, causedBy: z.string().optional() }),
  'message.vanished': z.object({
    messageKey: z.string().optional(),
    folder,
    count: z.number().optional(),
    ranges: z.array(z.object({ from: z.number(), to: z.number() })).optional(),
  }),
  'message.undeliverable': z.object({
    messageKey: z.string(),
    deliveryId: z.string(),
    messageRef: z.string(),
    folder: folder.nullable(),
    code,
    status: z.number().nullable(),
    attempts: z.number(),
  }),
  'mailbox.connected': z.object({ state: z.enum(['active', 'connecting']), code: code.optional() }),
  'mailbox.reconnect_required': trouble('reconnect_required'),
  'mailbox.consent_required': trouble('consent_required'),
  'mailbox.degraded': trouble('degraded'),
  'mailbox.recovered': z.object({ state: z.literal('active'), was: z.string(), since: z.string() }),
  'mailbox.removed': z.object({}),
  'folder.reset': z.object({
    folder,
    cause: z.enum(['validity', 'uidnext']),
    known: z.number(),
    announced: z.number(),
    assumedKnown: z.number(),
    gone: z.number(),
  }),
  'folder.counts': z.object({ folder, messages: z.number(), unseen: z.number() }),
  'submission.sent': submissionEnd,
  'submission.failed': submissionEnd,
  'submission.unknown': submissionEnd,
  'submission.bounced': submissionEnd,
};

/**
 * True for the types of events that wait in an outbox. A mail never does: a person who can write a row could forge one.
 */
export const isOutboxType = (text: string): text is OutboxType => Object.hasOwn(forms, text);

/**
 * True if `data`, read from a row, is that of an event of this type. It is judged and not copied: what goes out are the
 * bytes that were stored, with the fields that only a newer version knows.
 */
export const isOutboxData = <Type extends OutboxType>(type: Type, data: unknown): data is OutboxData[Type] =>
  forms[type].safeParse(data).success;
