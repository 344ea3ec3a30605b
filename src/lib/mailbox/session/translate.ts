import type { ImapFlow } from 'imapflow';
import { BrokerError, isBrokerError } from '../../errors.ts';
import { type Heard, understand } from './exchange.ts';
import { field, type ImapWatch, refusalOf, text } from './imap-watch.ts';

// imapflow's codes for an answer that breaks the protocol; all its others are about the connection, as are Node's own.
const protocolCodes =
  /^(ParserError|MAX_IMAP_NESTING|LineTooLarge|LiteralTooLarge|ResponseTooLarge|UnexpectedTag|InvalidResponse|ResponseProcessingFailed|Invalid|STARTTLS_INJECTION)/;

/**
 * Turns an error of imapflow into a BrokerError, with what the connection said besides (BYE, throttle, a refusal that
 * imapflow swallowed). Nothing of the original error is kept but its code and the server's sentence.
 */
export function translate(error: unknown, stage: Heard['stage'], client: ImapFlow, watch: ImapWatch): BrokerError {
  if (isBrokerError(error)) return error;
  const refusal = refusalOf(error) ?? watch.refusal();
  const code = text(field(error, 'code'));
  const throttleReset = field(error, 'throttleReset');
  const throttleMs = watch.throttleMs() ?? (typeof throttleReset === 'number' ? throttleReset : undefined);
  // After the log-in imapflow asks for the namespace and reports "authenticated but not connected" as a string of its own.
  const said = refusal?.text ?? text(field(error, 'response'));
  const bye = client.byeReason ?? text(field(error, 'reason'));
  const heard: Heard = {
    stage,
    text: said,
    status: refusal?.status,
    responseCode: refusal?.responseCode,
    bye,
    throttleMs,
  };
  if (said !== undefined || bye !== undefined || throttleMs !== undefined || refusal !== undefined)
    return understand(heard);

  const cause = new Error(code ?? (error instanceof Error ? error.name : 'unknown'));
  if (code === undefined || protocolCodes.test(code)) {
    return new BrokerError('imap_unexpected', { retry: { afterMs: protocolFaultMs }, cause });
  }
  return new BrokerError('imap_unreachable', { retry: { afterMs: connectionFaultMs }, cause });
}

const protocolFaultMs = 60_000;
const connectionFaultMs = 5_000;
