import type { BouncedRecipient } from '../domain/mail/message.ts';
import type { RefusedRecipient } from '../domain/submission.ts';
import type { ErrorCode } from '../error-codes.ts';
import { shownReply, smtpMeaning } from '../send/exchange-smtp.ts';

/**
 * RFC 3463 section 3.2: no such mailbox (1), system (2), a broken address (3), one that has moved without a forward (6); Exchange
 * has 5.1.10 for an unknown recipient and 5.4.310 for a domain that does not exist. A full mailbox or a filter may pass.
 * https://learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online
 */
const goneStatus = /^5\.(1\.(1|2|3|6|10)|4\.310)$/;

/** What a bounce says about the submission that came back. */
export interface BounceMeaning {
  readonly code: ErrorCode;
  readonly reply: string;
  /** Recipients that it did not reach. The address is empty where the report names none. */
  readonly recipients: readonly RefusedRecipient[];
  /** Addresses that do not exist, as the report names them. */
  readonly gone: readonly string[];
  /** A limit of the sender was met, for every recipient: later the same message may go through. */
  readonly resendable: boolean;
  /** Who must not send for a while: a limit is not the recipient's fault. */
  readonly holds: 'account' | 'tenant' | undefined;
}

/**
 * Reads a bounce. Every recipient block counts; `delayed` says only that the server continues trying. Pure.
 *
 * Exchange also reports its sending limits after it has accepted a message, in a bounce: 5.7.232 and 5.7.233 (external
 * recipients of the tenant), 5.1.90 (recipients of the account), 5.1.8 (account blocked).
 * https://learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online
 * @returns undefined if no recipient failed
 */
export function readBounce(all: readonly BouncedRecipient[]): BounceMeaning | undefined {
  const failed = all.filter(({ action }) => action === 'failed').map(failure);
  const limited = failed.filter(({ holds }) => holds !== undefined);
  const first = failed.find(({ holds }) => holds === undefined) ?? failed[0];
  if (first === undefined) return undefined;
  return {
    code: first.recipient.code,
    reply: first.recipient.reply,
    recipients: failed.map(({ recipient }) => recipient),
    gone: failed.filter(({ isGone }) => isGone).map(({ recipient }) => recipient.address),
    resendable: limited.length === failed.length,
    holds: limited.some(({ holds }) => holds === 'tenant') ? 'tenant' : limited[0]?.holds,
  };
}

function failure({ recipient, status, diagnostic }: BouncedRecipient) {
  // By the status alone: numbers such as these stand in addresses and in the ids of messages, too.
  const { code, scope } = smtpMeaning('message', `550 ${status}`);
  const holds = scope === 'message' ? undefined : scope;
  return {
    holds,
    isGone: holds === undefined && goneStatus.test(status.trim()),
    recipient: {
      address: recipient,
      code: holds === undefined ? 'submission_bounced' : code,
      reply: shownReply(`${status} ${diagnostic ?? ''}`),
    } satisfies RefusedRecipient,
  };
}
