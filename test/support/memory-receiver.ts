import { setTimeout as delay } from 'node:timers/promises';
import type { Deliverer, DeliveryOutcome, OutgoingEvent } from '../../src/lib/domain/events/event.ts';
import type { ReceivedData } from '../../src/lib/domain/events/event-data.ts';
import type { EventType } from '../../src/lib/domain/events/event-types.ts';

/** What arrived, and what was answered. */
export interface Arrival {
  readonly destinationId: string;
  readonly event: OutgoingEvent;
  readonly outcome: DeliveryOutcome['kind'];
}

export interface MemoryReceiver extends Deliverer {
  readonly arrivals: Arrival[];
  /** Decides what becomes of an event; may wait, or never answer. */
  answer: (event: OutgoingEvent) => DeliveryOutcome | Promise<DeliveryOutcome>;
  /** Subjects of the accepted `message.received`, in order of arrival; repeats included. */
  subjects(): string[];
  ofType<Type extends EventType>(type: Type): OfType<Type>[];
}

export const accepted: DeliveryOutcome = { kind: 'accepted', status: 200 };
export const down: DeliveryOutcome = { kind: 'held', reason: 'destination_unreachable', attempted: true };
export const refused: DeliveryOutcome = { kind: 'refused', reason: 'destination_refused_message', status: 422 };

type OfType<Type extends EventType> = Extract<OutgoingEvent, { readonly type: Type }>;

const isOf = <Type extends EventType>(type: Type, event: OutgoingEvent): event is OfType<Type> => event.type === type;

/** The subject of the mail of an event; undefined for other events. */
export const subjectOf = (event: OutgoingEvent): string | undefined => mailOf(event)?.subject;

/** The mail of an event; undefined for other events. */
export const mailOf = (event: OutgoingEvent): ReceivedData | undefined =>
  event.type === 'message.received' ? event.data : undefined;

/** Waits until nothing has arrived for 20 ms. */
export async function untilQuiet({ arrivals }: MemoryReceiver): Promise<void> {
  for (let before = -1; before < arrivals.length; await delay(20)) before = arrivals.length;
}

/** A destination in memory behind the engine's own interface. */
export function memoryReceiver(): MemoryReceiver {
  const self: MemoryReceiver = {
    arrivals: [],
    answer: () => accepted,
    async deliver(destinationId, event, signal) {
      signal.throwIfAborted();
      const outcome = await self.answer(event);
      self.arrivals.push({ destinationId, event, outcome: outcome.kind });
      return outcome;
    },
    subjects: () => self.ofType('message.received').map((event) => event.data.subject),
    ofType: (type) =>
      self.arrivals
        .filter(({ outcome }) => outcome === 'accepted')
        .map(({ event }) => event)
        .filter((event) => isOf(type, event)),
  };
  return self;
}
