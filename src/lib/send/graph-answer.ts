import { z } from 'zod';
import type { ErrorCode } from '../error-codes.ts';
import { shownReply } from './exchange-smtp.ts';
import type { WayResult } from './way.ts';

/** An answer of Graph to a mail. */
export interface GraphAnswer {
  readonly status: number;
  /** Of its Retry-After. */
  readonly retryAfterMs?: number | undefined;
  readonly body: string;
}

const errorForm = z.looseObject({ error: z.looseObject({ code: z.string(), message: z.string().default('') }) });

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/**
 * The outcome of sending. Only 202 is success: over about 2.2 MB of MIME Graph was seen to answer 200 and to lose the
 * mail (microsoft-graph-docs#13979), so any other success is ambiguous. A gateway that gives up (502, 504) and a fault
 * of the server (500) do not say either whether the mail was taken before. Pure.
 * https://learn.microsoft.com/graph/api/user-sendmail and https://learn.microsoft.com/graph/errors
 */
export function readGraphAnswer({ status, retryAfterMs, body }: GraphAnswer): WayResult {
  const { code = '', message = '' } = errorForm.safeParse(parsed(body)).data?.error ?? {};
  const reply = shownReply(`HTTP ${status} ${code} ${message}`);
  const refused = (as: ErrorCode): WayResult => ({ kind: 'refused', code: as, reply, recipients: [] });
  const deferred = (as: ErrorCode, scope: 'account' | 'tenant', afterMs: number): WayResult => ({
    kind: 'deferred',
    code: as,
    reply,
    scope,
    retryAfterMs: retryAfterMs ?? afterMs,
  });
  if (status === 202) return { kind: 'accepted', refused: [] };
  // `MailboxConcurrency` and `ApplicationThrottled`: four requests at once and 10,000 in ten minutes for a mailbox.
  if (status === 429) return deferred('send_throttled', 'account', minuteMs);
  if (status === 503 && (retryAfterMs !== undefined || /concurrency|throttl|busy/i.test(code))) {
    return deferred('send_throttled', 'account', minuteMs);
  }
  if (status < 400 || status >= 500) return { kind: 'unknown', cause: new Error(reply) };
  if (/ErrorSendAsDenied|ErrorSendOnBehalfOf/i.test(code)) return refused('send_as_denied');
  if (/ErrorExceededMessageLimit/i.test(code)) {
    return deferred('submission_quota', 'account', hourMs);
  }
  if (/ErrorAccountSuspend|ErrorMessageSubmissionBlocked/i.test(code)) return refused('sender_blocked');
  if (status === 413 || /ErrorMessageSizeExceeded|RequestEntityTooLarge/i.test(code)) return refused('mail_too_large');
  if (/ErrorInvalidRecipients/i.test(code)) return refused('recipient_refused');
  // The token was taken back, or it lacks the permission: `ErrorAccessDenied`, `Authorization_RequestDenied`.
  if (status === 401) return deferred('send_deferred', 'account', minuteMs);
  if (status === 403) return { kind: 'closed', code: 'send_consent_required', reply, scope: 'mailbox' };
  return refused('mail_refused');
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
