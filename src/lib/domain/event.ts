/** Types of the events that a destination receives. */
export type EventType =
  | 'message.received'
  | 'message.updated'
  | 'message.removed'
  | 'message.vanished'
  | 'message.undeliverable'
  | 'mailbox.connected'
  | 'mailbox.reconnect_required'
  | 'mailbox.consent_required'
  | 'mailbox.recovered'
  | 'mailbox.degraded'
  | 'mailbox.removed'
  | 'folder.reset'
  | 'secret.expiring';

/** An event ready to go out. The same id on every retry; the receiver dedupes by it. */
export interface OutgoingEvent {
  /** The `webhook-id`: the messageKey for `message.received`, the outbox row's id otherwise. */
  readonly id: string;
  readonly type: EventType;
  /** When it happened. */
  readonly timestamp: Date;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What became of one attempt to deliver. */
export type DeliveryOutcome =
  | { readonly kind: 'accepted'; readonly status: number }
  /** The destination's fault (401, 403, 404, 405, 429, 502-504, redirect, time-out, connection): hold it, count nothing. */
  | { readonly kind: 'held'; readonly reason: string; readonly status?: number; readonly retryAfterMs?: number }
  /** Ambiguous (400, 408, 409, 413, 422, 500, any other): may be the message's fault. */
  | { readonly kind: 'refused'; readonly reason: string; readonly status: number };

/** Sends events of one destination. Never throws for what the destination does. */
export interface Deliverer {
  deliver(destinationId: string, event: OutgoingEvent, signal: AbortSignal): Promise<DeliveryOutcome>;
}
