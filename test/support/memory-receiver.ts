import type { Deliverer, DeliveryOutcome, OutgoingEvent } from '../../src/lib/domain/event.ts';

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
  ofType(type: OutgoingEvent['type']): OutgoingEvent[];
}

export const accepted: DeliveryOutcome = { kind: 'accepted', status: 200 };
export const down: DeliveryOutcome = { kind: 'held', reason: 'destination_unreachable', attempted: true };
export const refused: DeliveryOutcome = { kind: 'refused', reason: 'destination_refused_message', status: 422 };

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
    subjects: () => self.ofType('message.received').map((event) => String(event.data.subject)),
    ofType: (type) =>
      self.arrivals
        .filter(({ event, outcome }) => event.type === type && outcome === 'accepted')
        .map(({ event }) => event),
  };
  return self;
}
