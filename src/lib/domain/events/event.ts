import type { ErrorCode } from '../../error-codes.ts';
import type { EventData } from './event-data.ts';
import type { EventType } from './event-types.ts';

interface Envelope<Type extends EventType> {
  /** The `webhook-id`: the messageKey for `message.received`, the outbox row's id otherwise. */
  readonly id: string;
  readonly type: Type;
  /** When it happened. */
  readonly timestamp: Date;
  readonly data: EventData[Type];
}

/** An event ready to go out. The same id on every retry; the receiver dedupes by it. */
export type OutgoingEvent<Type extends EventType = EventType> = { readonly [T in Type]: Envelope<T> }[Type];

/** The mailbox that an event is about, as its rows have it. */
export interface EventMailbox {
  readonly id: string;
  readonly address: string;
  readonly label: string | undefined;
  readonly ownerRef: string | number | undefined;
}

/** What became of one attempt to deliver. `reason` never holds what the receiver said. */
export type DeliveryOutcome =
  | { readonly kind: 'accepted'; readonly status: number }
  /**
   * The destination's fault (credentials, address, load, a gateway, a redirect, a time-out, the connection), or it is held
   * or paused and nothing was sent: count nothing against the message. `retryAfterMs`: no attempt before that goes out.
   */
  | {
      readonly kind: 'held';
      readonly reason: ErrorCode;
      readonly status?: number;
      readonly retryAfterMs?: number;
      /** False if nothing was sent, because the destination is held, paused or gone. */
      readonly attempted: boolean;
      /** A probe is due, and this event is the one that failed last: another goes first, if there is one. */
      readonly yields?: true;
    }
  /** Ambiguous (400, 409, 413, 422, 500, any other): may be the message's fault. */
  | { readonly kind: 'refused'; readonly reason: ErrorCode; readonly status: number };

/** Sends events of one destination. */
export interface Deliverer {
  /**
   * One attempt. Never throws for what the destination does. Throws the signal's reason when aborted, and StoreError or
   * BrokerError when our own store, vault or mail server does not answer: then nothing was sent.
   * @param ready waited for right before anything is sent, since what comes before may take long, or the whole process
   * stand still; what it throws ends the attempt, and nothing was sent
   * @param how `insists`: there is nothing else to send, so that this event does not wait for another one
   */
  deliver(
    destinationId: string,
    event: OutgoingEvent,
    signal: AbortSignal,
    ready?: () => Promise<void>,
    how?: { readonly insists?: boolean },
  ): Promise<DeliveryOutcome>;
  /**
   * Makes what a destination would be sent of an event, and sends nothing: for anyone who must know whether the process
   * lives
   * through it. @throws as {@link Deliverer.deliver}
   */
  dryRun?(destinationId: string, event: OutgoingEvent): Promise<void>;
  /** How many messages of a folder a destination that takes them in any order gets at once now; absent: the least. */
  window?(destinationId: string): number;
}
