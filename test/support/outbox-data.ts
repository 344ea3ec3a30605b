import type { OutboxType } from '../../src/lib/domain/events/event-types.ts';
import type { OutboxData } from '../../src/lib/domain/events/outbox-data.ts';

const folder = { path: 'INBOX', role: 'inbox' } as const;
const since = '2026-11-22T08:00:00.000Z';
const submission = {
  submissionId: 'sub_1',
  messageId: '<1@mail.contoso.example>',
  ourMessageId: '<1@mail.contoso.example>',
  attempts: 1,
  refused: [],
} as const;

/** One example of what an outbox row holds, for each type of event. */
export const outboxExamples: OutboxData = {
  'message.updated': {
    ...{ messageKey: 'm_1', change: 'flags', folder, messageRef: 'ref' },
    ...{ seen: false, flagged: true, answered: false },
  },
  'message.removed': { messageKey: 'm_1', folder },
  'message.vanished': { messageKey: 'm_1', folder },
  'message.undeliverable': {
    ...{ messageKey: 'm_1', deliveryId: 'dlv_1', messageRef: 'ref', folder },
    ...{ code: 'destination_refused_message', status: 422, attempts: 5 },
  },
  'mailbox.connected': { state: 'active' },
  'mailbox.reconnect_required': { state: 'reconnect_required', code: 'grant_revoked', since },
  'mailbox.consent_required': { state: 'consent_required', code: 'admin_consent_required', since },
  'mailbox.degraded': { state: 'degraded', code: 'imap_unreachable', since },
  'mailbox.recovered': { state: 'active', was: 'degraded', since },
  'mailbox.removed': {},
  'folder.reset': { folder, cause: 'validity', known: 1, announced: 0, assumedKnown: 0, gone: 0 },
  'folder.counts': { folder, messages: 12, unseen: 3 },
  'submission.sent': { ...submission, state: 'sent', sentAt: since, endedAt: since },
  'submission.failed': { ...submission, state: 'failed', code: 'submission_expired', endedAt: since },
  'submission.unknown': { ...submission, state: 'unknown', code: 'submission_unknown' },
  'submission.bounced': { ...submission, state: 'bounced', resendable: false },
};

/** JSON of the data of an outbox row: the example of its type, changed. */
export const outboxJson = <Type extends OutboxType>(type: Type, change: Partial<OutboxData[Type]> = {}): string =>
  JSON.stringify({ ...outboxExamples[type], ...change });
