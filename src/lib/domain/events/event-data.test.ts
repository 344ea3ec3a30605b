import { expect, expectTypeOf, it } from 'vitest';
import { outboxExamples } from '../../../../test/support/outbox-data.ts';
import type { ErrorCode } from '../../error-codes.ts';
import type { DeliveryOutcome, OutgoingEvent } from './event.ts';
import type { EventData, ReceivedData } from './event-data.ts';
import { type EventType, eventTypes, type OutboxType } from './event-types.ts';
import type { OutboxData } from './outbox-data.ts';

// What the compiler refuses stands behind @ts-expect-error: `npm run check` fails if it ever compiles.

it('has data for every type of event, and for no other', () => {
  expectTypeOf<keyof EventData>().toEqualTypeOf<EventType>();
  expectTypeOf<keyof OutboxData>().toEqualTypeOf<OutboxType>();
  expectTypeOf<OutgoingEvent<'message.received'>['data']>().toEqualTypeOf<ReceivedData>();
  expect(Object.keys(outboxExamples).filter((type) => !eventTypes.some((known) => known === type))).toEqual([]);
});

it('does not compile where a type of event lacks its data', () => {
  const { 'folder.reset': _reset, ...others } = outboxExamples;
  // @ts-expect-error the data of `folder.reset` is missing
  const incomplete: OutboxData = others;
  expect(incomplete).not.toHaveProperty('folder.reset');
});

it('does not compile where an event carries the data of another type', () => {
  const event: OutgoingEvent<'mailbox.removed'> = {
    id: 'e_1',
    type: 'mailbox.removed',
    timestamp: new Date(0),
    // @ts-expect-error that is the data of `destination.test`
    data: { destination: { id: 'dst_1', name: 'NocoBase' } },
  };
  expect(event.type).toBe('mailbox.removed');
});

it('does not compile where the reason of an outcome is no error code', () => {
  expectTypeOf<Exclude<DeliveryOutcome, { kind: 'accepted' }>['reason']>().toEqualTypeOf<ErrorCode>();
  // @ts-expect-error no such code
  const outcome: DeliveryOutcome = { kind: 'refused', reason: 'destination_is_sleepy', status: 422 };
  expect(outcome.kind).toBe('refused');
});
