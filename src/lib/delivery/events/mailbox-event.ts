import { z } from 'zod';
import { type EventMailbox, isEventType, type OutgoingEvent } from '../../domain/event.ts';
import { errorTable, isErrorCode } from '../../error-codes.ts';
import { BrokerError } from '../../errors.ts';
import type { OutboxRow } from '../../store/rows/rows.ts';
import { mailboxData } from './message-event.ts';

const dataForm = z.record(z.string(), z.unknown());

/**
 * The event that an outbox row tells of (every event of a mailbox but `message.received`).
 * The row holds what changed, and a code at most; the mailbox as it is now, and the sentence, remedy and person that
 * follow from the code, are added here, so that they are never stored.
 * @throws BrokerError `internal_error` if the row is not of a form that this version knows
 */
export function buildMailboxEvent(row: OutboxRow, mailbox: EventMailbox): OutgoingEvent {
  // A mail never waits in a row: whoever can write one could make up a mail.
  if (!isEventType(row.type) || row.type === 'message.received') {
    throw new BrokerError('internal_error', { detail: 'An outbox row has an unknown type.' });
  }
  const data = parseData(row.data);
  return {
    id: row.id,
    type: row.type,
    timestamp: row.at,
    data: { mailbox: mailboxData(mailbox), ...data, ...explanation(data.code) },
  };
}

function parseData(text: string): Readonly<Record<string, unknown>> {
  try {
    return dataForm.parse(JSON.parse(text));
  } catch {
    // No cause: the parser's message quotes the text.
    throw new BrokerError('internal_error', { detail: 'The data of an outbox row is not a JSON object.' });
  }
}

function explanation(code: unknown): Readonly<Record<string, unknown>> {
  if (typeof code !== 'string' || !isErrorCode(code)) return {};
  const { sentence, remedy, who } = errorTable[code];
  return { sentence, remedy, who };
}
