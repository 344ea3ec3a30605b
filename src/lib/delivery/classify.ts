import type { DeliveryOutcome } from '../domain/event.ts';
import type { ErrorCode } from '../error-codes.ts';

/**
 * Statuses that speak of the destination and not of the message: its credentials, its address, its load. 404 and 405
 * are what a workflow that was switched off, or a collection that was deleted, answers.
 */
const destinationsFault: Readonly<Record<number, ErrorCode>> = {
  401: 'destination_unauthorised',
  403: 'destination_unauthorised',
  404: 'destination_not_found',
  405: 'destination_not_found',
  429: 'destination_busy',
  502: 'destination_busy',
  503: 'destination_busy',
  504: 'destination_busy',
};

/** What an answer's status means for the message and for its destination. */
export function classify(answer: {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
}): DeliveryOutcome {
  const { status, retryAfterMs } = answer;
  if (status >= 200 && status < 300) return { kind: 'accepted', status };
  const reason = status >= 300 && status < 400 ? 'destination_redirects' : destinationsFault[status];
  if (reason === undefined) return { kind: 'refused', reason: 'destination_refused_message', status };
  return { kind: 'held', reason, status, attempted: true, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}
