import type { EventMailbox, OutgoingEvent } from '../../domain/events/event.ts';
import type { AddedData, OutboxEventData } from '../../domain/events/event-data.ts';
import type { OutboxType } from '../../domain/events/event-types.ts';
import type { OutboxData } from '../../domain/events/outbox-data.ts';
import { errorTable, isErrorCode } from '../../error-codes.ts';
import { BrokerError } from '../../errors.ts';
import type { OutboxRow } from '../../store/rows/rows.ts';
import { mailboxData } from './message-event.ts';
import { isOutboxData, isOutboxType } from './outbox-forms.ts';

/**
 * The event of an outbox row (every event of a mailbox but `message.received`). The row holds what changed, and a code
 * at most; the mailbox as it is now, and the sentence, remedy and person that follow from the code, are added here, so
 * that they are never stored.
 * @throws BrokerError `internal_error` if the row is not of a form that this version knows
 */
export function buildMailboxEvent(row: OutboxRow, mailbox: EventMailbox): OutgoingEvent<OutboxType> {
  const { type } = row;
  if (!isOutboxType(type)) throw new BrokerError('internal_error', { detail: 'An outbox row has an unknown type.' });
  const data = parsed(row.data);
  if (!isOutboxData(type, data)) {
    throw new BrokerError('internal_error', { detail: 'The data of an outbox row is not that of its type.' });
  }
  return eventOf({ ...row, type, data }, mailbox);
}

/** The same as an {@link OutgoingEvent} of its type, spelled so that the compiler follows it for any type. */
interface OutboxEvent<Type extends OutboxType> {
  readonly id: string;
  readonly type: Type;
  readonly timestamp: Date;
  readonly data: OutboxEventData<Type>;
}

function eventOf<Type extends OutboxType>(
  {
    id,
    type,
    at,
    data,
  }: { readonly id: string; readonly type: Type; readonly at: Date; readonly data: OutboxData[Type] },
  mailbox: EventMailbox,
): { readonly [T in Type]: OutboxEvent<T> }[Type] {
  const code: unknown = 'code' in data ? data.code : undefined;
  return { id, type, timestamp: at, data: { mailbox: mailboxData(mailbox), ...data, ...explanation(code) } };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No cause: the parser's message quotes the text.
    throw new BrokerError('internal_error', { detail: 'The data of an outbox row is not JSON.' });
  }
}

function explanation(code: unknown): AddedData {
  if (typeof code !== 'string' || !isErrorCode(code)) return {};
  const { sentence, remedy, who } = errorTable[code];
  return { sentence, remedy, who };
}
