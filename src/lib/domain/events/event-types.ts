/** Types of the events that a destination receives. `destination.test` is sent on demand, by an administrator. */
export const eventTypes = [
  'message.received',
  'message.updated',
  'message.removed',
  'message.vanished',
  'message.undeliverable',
  'mailbox.connected',
  'mailbox.reconnect_required',
  'mailbox.consent_required',
  'mailbox.recovered',
  'mailbox.degraded',
  'mailbox.removed',
  'folder.reset',
  'folder.counts',
  'submission.sent',
  'submission.failed',
  'submission.unknown',
  'submission.bounced',
  'secret.expiring',
  'destination.test',
] as const;

export type EventType = (typeof eventTypes)[number];

const known: ReadonlySet<string> = new Set(eventTypes);

export const isEventType = (text: string): text is EventType => known.has(text);

/** Events that are about no mailbox: they wait in no outbox. */
type OfNoMailbox = 'secret.expiring' | 'destination.test';

/** Events that wait in the outbox of a mailbox until they are accepted: all of it but its mail. */
export type OutboxType = Exclude<EventType, 'message.received' | OfNoMailbox>;
