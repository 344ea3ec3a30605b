import type { ErrorCode } from '../errors.ts';

/** Where in the dialogue a server said something. */
export type SmtpStage = 'login' | 'sender' | 'recipient' | 'data' | 'message';

/** What a refusing answer of an SMTP server means. */
export interface SmtpMeaning {
  readonly kind: 'closed' | 'refused' | 'deferred';
  readonly code: ErrorCode;
  readonly scope: 'message' | 'account' | 'tenant';
  readonly retryAfterMs?: number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

interface Rule extends SmtpMeaning {
  readonly says: RegExp;
  readonly stage?: SmtpStage;
}

/** Every sentence by which Exchange tells over SMTP what is wrong, the most telling first. */
const rules: readonly Rule[] = [
  // `535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant` (security defaults,
  // Set-TransportConfig) or `… for the Mailbox`; good tokens are refused as well (MailKit#700, thunderbird-android#7597).
  {
    says: /SmtpClientAuthentication is disabled for the Tenant/i,
    kind: 'closed',
    code: 'smtp_disabled_tenant',
    scope: 'tenant',
  },
  { says: /SmtpClientAuthentication is disabled/i, kind: 'closed', code: 'smtp_disabled_mailbox', scope: 'account' },
  // `432 4.3.2 Concurrent connections limit exceeded` and `432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded`:
  // more than three connections of one mailbox. https://aka.ms/concurrent_sending
  {
    says: /^432[ -]|thread limit exceeded|concurrent connections? limit/i,
    kind: 'deferred',
    code: 'send_throttled',
    scope: 'account',
    retryAfterMs: 30_000,
  },
  // `554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied`, `554 5.2.252 SendAsDenied`,
  // `550 5.7.60 SMTP; Client does not have permissions to send as this sender`.
  { says: /SendAsDenied|5\.7\.60\b/i, kind: 'refused', code: 'send_as_denied', scope: 'message' },
  // `550 5.7.232` and `5.7.233`: the tenant's limit of external recipients, of a trial and of a paying one.
  // https://learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online
  { says: /\b5\.7\.23[23]\b/, kind: 'deferred', code: 'submission_quota', scope: 'tenant', retryAfterMs: hourMs },
  // `550 5.1.90`: the mailbox has reached its recipients of the day.
  { says: /\b5\.1\.90\b/, kind: 'deferred', code: 'submission_quota', scope: 'account', retryAfterMs: hourMs },
  // `550 5.1.8 Access denied, bad outbound sender`: Microsoft has blocked the account; an administrator lets it free.
  { says: /\b5\.1\.8\b/, kind: 'refused', code: 'sender_blocked', scope: 'account' },
  // `552 5.3.4 Message size exceeds fixed maximum message size`.
  { says: /^552[ -]|\b5\.(3\.4|2\.3)\b/, kind: 'refused', code: 'mail_too_large', scope: 'message' },
  // `421 4.4.2 Message submission rate for this client has exceeded the configured limit`, and `451 4.7.500 Server busy`.
  {
    says: /submission rate|server busy|too many/i,
    kind: 'deferred',
    code: 'send_throttled',
    scope: 'account',
    retryAfterMs: minuteMs,
  },
];

/**
 * What the answer means: by Exchange's own sentence, else by its first digit (RFC 5321 section 4.2.1). Pure.
 * @param reply the whole answer, beginning with its three digits
 */
export function smtpMeaning(stage: SmtpStage, reply: string): SmtpMeaning {
  const rule = rules.find((each) => (each.stage === undefined || each.stage === stage) && each.says.test(reply));
  if (rule !== undefined) {
    const { kind, code, scope, retryAfterMs } = rule;
    return { kind, code, scope, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  }
  const isForGood = reply.startsWith('5');
  if (stage === 'login') {
    // `535 5.7.3 Authentication unsuccessful`: the token, or whose mailbox it is. A token that was just made is not it.
    return isForGood
      ? { kind: 'closed', code: 'smtp_sign_in_refused', scope: 'account' }
      : { kind: 'deferred', code: 'smtp_unreachable', scope: 'account', retryAfterMs: minuteMs };
  }
  if (stage === 'recipient') {
    return isForGood
      ? { kind: 'refused', code: 'recipient_refused', scope: 'message' }
      : { kind: 'deferred', code: 'recipient_deferred', scope: 'message', retryAfterMs: 5 * minuteMs };
  }
  return isForGood
    ? { kind: 'refused', code: 'mail_refused', scope: 'message' }
    : { kind: 'deferred', code: 'send_deferred', scope: 'message', retryAfterMs: minuteMs };
}

/** True if the answer is about the connection and not about the message (RFC 5321 section 4.2.3). */
export const isAboutConnection = (reply: string): boolean => /^421[ -]/.test(reply) && !/submission rate/i.test(reply);

/** The server's words for people: one line, without anything that may be a token. */
export const shownReply = (reply: string): string =>
  reply
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .replace(/[\w+/=.-]{80,}/g, '[…]')
    .trim()
    .slice(0, 500);
