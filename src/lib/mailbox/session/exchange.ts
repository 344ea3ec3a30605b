import { hourMs } from '../../domain/duration.ts';
import { BrokerError, type ErrorCode } from '../../errors.ts';

/** What was heard from the mail server, or from the network in its place. No token, no address. */
export interface Heard {
  /** `login` until the server has shown that the mailbox is open, `command` afterwards. */
  readonly stage: 'connect' | 'login' | 'command';
  /** The server's sentence: of a tagged NO or BAD, of a BYE, or a bare line. */
  readonly text?: string | undefined;
  /** NO or BAD of a tagged answer. */
  readonly status?: string | undefined;
  /** Response code in brackets (RFC 3501 section 7.1, RFC 5530), such as AUTHENTICATIONFAILED. */
  readonly responseCode?: string | undefined;
  /** Reason of a BYE that came before or with it. */
  readonly bye?: string | undefined;
  /** Milliseconds of a throttle that the client library read out of the sentence. */
  readonly throttleMs?: number | undefined;
}

// Exchange answers a throttle with 89 to 300 seconds (imapsync#272, email-oauth2-proxy#191). A figure beyond this is
// taken for this: a mailbox must not be put to sleep for a day by one odd answer.
const longestThrottleMs = hourMs;
// Waits where the server names none.
const throttleMs = 5 * 60_000;
const unavailableMs = 60_000;
const notConnectedMs = 60_000;
const brokenOffMs = 5_000;

interface Rule {
  readonly says: RegExp;
  readonly code: ErrorCode;
  readonly afterMs: number;
  /** Matches only here. */
  readonly stage?: Heard['stage'];
}

/**
 * Every sentence by which Exchange tells what is wrong, the most telling first: one answer may hold several
 * (`NO AUTHENTICATE failed.` follows a BYE about an expired token, imapsync#250).
 */
const rules: readonly Rule[] = [
  // `* BYE Session invalidated - AccessTokenExpired` in the middle of a session (aioimaplib#83, imap-backup#198).
  { says: /AccessTokenExpired|Session invalidated/i, code: 'imap_token_expired', afterMs: 0 },
  // `BAD` or `NO Request is throttled. Suggested Backoff Time: 299910 milliseconds`, then BYE (imap_tools#135, imapsync#198).
  { says: /Request is throttled|Suggested Backoff Time/i, code: 'imap_throttled', afterMs: throttleMs },
  // RFC 5530 LIMIT, and what other servers call it: too many sessions at once for one user.
  {
    says: /too many (simultaneous |concurrent )?connections|connection limit/i,
    code: 'imap_throttled',
    afterMs: unavailableMs,
  },
  // `BAD User is authenticated but not connected.` after AUTHENTICATE was answered OK, then `BYE Connection closed.
  // 14`: the front end took the token, the back end did not open the mailbox (MailKit#1494, node-imap#523,
  // imapflow#314). Wrong log-in name, no full access, no licence, IMAP off, or only a passing fault: it never means a
  // dead grant.
  { says: /authenticated but not connected/i, code: 'imap_not_connected', afterMs: notConnectedMs },
  // `NO Server Unavailable. 15` and the bare line `Server Unavailable.` (imapfilter#146): load, not a fault of ours.
  { says: /Server Unavailable/i, code: 'imap_unreachable', afterMs: unavailableMs },
  // `NO [UNAVAILABLE] Temporary authentication failure` of Dovecot, when it cannot ask about the token.
  { says: /temporar(y|ily)|try again later|internal error/i, code: 'imap_unreachable', afterMs: unavailableMs },
  // `NO AUTHENTICATE failed.`: token expired or for another resource, IMAP off for the mailbox, log-in name of someone
  // else (MailKit#989, Dolibarr#24163). `LOGIN failed.` and `Authentication failed` are its relatives.
  {
    says: /(AUTHENTICATE|LOGIN) failed|Authentication failed|LOGINDISABLED|not enabled|disabled/i,
    code: 'imap_refused',
    afterMs: 0,
    stage: 'login',
  },
  // `BYE Connection closed. 14` and every other good-bye without a reason of its own (MailKit#849).
  {
    says: /Connection (is )?closed|shutting down|Logging out|idle for too long|timeout/i,
    code: 'imap_unreachable',
    afterMs: brokenOffMs,
  },
];

// RFC 5530 response codes, which outrank an unknown sentence.
const responseCodes: Readonly<Record<string, Omit<Rule, 'says'>>> = {
  UNAVAILABLE: { code: 'imap_unreachable', afterMs: unavailableMs },
  SERVERBUG: { code: 'imap_unreachable', afterMs: unavailableMs },
  INUSE: { code: 'imap_unreachable', afterMs: unavailableMs },
  LIMIT: { code: 'imap_throttled', afterMs: unavailableMs },
  THROTTLED: { code: 'imap_throttled', afterMs: throttleMs },
  OVERQUOTA: { code: 'imap_throttled', afterMs: throttleMs },
  AUTHENTICATIONFAILED: { code: 'imap_refused', afterMs: 0, stage: 'login' },
  AUTHORIZATIONFAILED: { code: 'imap_refused', afterMs: 0, stage: 'login' },
  PRIVACYREQUIRED: { code: 'imap_refused', afterMs: 0, stage: 'login' },
};

/**
 * What a failure means, with the code and when to try again. The server's own words decide; they become the cause, for
 * the log only, without anything that may be an address or a token.
 */
export function understand(heard: Heard): BrokerError {
  const told = heard.throttleMs ?? suggestedBackoffMs(`${heard.text ?? ''} ${heard.bye ?? ''}`);
  const failure = (code: ErrorCode, afterMs: number) => build(code, afterMs, heard);
  if (told !== undefined) return failure('imap_throttled', Math.min(told, longestThrottleMs));

  const sentences = [heard.bye, heard.text].filter((text) => text !== undefined);
  const rule = rules.find(
    ({ says, stage }) => (stage === undefined || stage === heard.stage) && sentences.some((text) => says.test(text)),
  );
  if (rule !== undefined) return failure(rule.code, rule.afterMs);

  const byCode = responseCodes[heard.responseCode?.toUpperCase() ?? ''];
  if (byCode !== undefined && (byCode.stage === undefined || byCode.stage === heard.stage)) {
    return failure(byCode.code, byCode.afterMs);
  }
  // A tagged NO to the log-in with an unknown sentence is a refusal; a BAD means that our command was wrong.
  if (heard.stage === 'login' && heard.status === 'NO') return failure('imap_refused', 0);
  if (heard.bye === undefined && heard.status !== undefined) return failure('imap_unexpected', unavailableMs);
  return failure('imap_unreachable', brokenOffMs);
}

/** True if the server spoke of the whole mailbox or session, not of the one thing that was asked. */
export function isAboutSession(error: BrokerError): boolean {
  return error.code !== 'imap_unexpected' && error.code !== 'folder_missing';
}

/** N of "Suggested Backoff Time: N milliseconds". */
function suggestedBackoffMs(text: string): number | undefined {
  const figure = /Backoff Time[:=\s]+(\d{1,12})/i.exec(text)?.[1];
  return figure === undefined ? undefined : Number(figure);
}

function build(code: ErrorCode, afterMs: number, heard: Heard): BrokerError {
  const said = [heard.status, heard.text, heard.bye].filter((part) => part !== undefined).map(withoutSecrets);
  const cause = said.length === 0 ? undefined : new Error(said.join(' | '));
  // A refusal is not fixed by trying again, so it carries no time.
  return new BrokerError(code, { ...(code === 'imap_refused' ? {} : { retry: { afterMs } }), cause });
}

/** Addresses and every long run of token characters replaced; at most 200 characters. */
function withoutSecrets(text: string): string {
  return text
    .replace(/\S+@\S+/g, '[address]')
    .replace(/[\w+/=.-]{24,}/g, '[…]')
    .slice(0, 200);
}
