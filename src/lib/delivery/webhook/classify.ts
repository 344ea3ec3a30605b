import type { DeliveryOutcome } from '../../domain/events/event.ts';
import type { ErrorCode } from '../../error-codes.ts';

/**
 * Statuses below 500 that speak of the destination and not of the message: its credentials, its address, its load, or
 * something between it and us. 404, 405 and 410 are what a workflow that was switched off, or a collection that was
 * deleted, answers. 402, 407, 408, 421, 423, 425 and 499 come from gateways and hosting providers: a subscription that
 * ran out, a proxy that wants a password, an upstream that was too slow (RFC 9110 section 15.5; 499 is nginx).
 */
const destinationsFault: Readonly<Record<number, ErrorCode>> = {
  401: 'destination_unauthorised',
  402: 'destination_gateway_failed',
  403: 'destination_unauthorised',
  404: 'destination_not_found',
  405: 'destination_not_found',
  407: 'destination_gateway_failed',
  408: 'destination_gateway_failed',
  410: 'destination_not_found',
  421: 'destination_gateway_failed',
  423: 'destination_gateway_failed',
  425: 'destination_gateway_failed',
  429: 'destination_busy',
  499: 'destination_gateway_failed',
  502: 'destination_busy',
  503: 'destination_busy',
  504: 'destination_busy',
};

/** Failed on this message, or on everything: code that knows the receiver finds out which. */
const failed = 500;

/**
 * Whose fault a status is: a code where it is the destination's, undefined where it may be the message's. Every 5xx but
 * 500 is an answer about the server or its gateway, those of Cloudflare (520 to 530) included.
 */
function faultOf(status: number): ErrorCode | undefined {
  if (status >= 300 && status < 400) return 'destination_redirects';
  const isServers = status >= 500 && status < 600 && status !== failed;
  return destinationsFault[status] ?? (isServers ? 'destination_gateway_failed' : undefined);
}

/** What an answer's status means for the message and for its destination. */
export function classify(answer: {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
}): DeliveryOutcome {
  const { status, retryAfterMs } = answer;
  if (status >= 200 && status < 300) return { kind: 'accepted', status };
  const reason = faultOf(status);
  if (reason === undefined) return { kind: 'refused', reason: 'destination_refused_message', status };
  return { kind: 'held', reason, status, attempted: true, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}
