import { buffer } from 'node:stream/consumers';
import type {
  Closed,
  Deferred,
  OutgoingMail,
  ReadyWay,
  RecipientRefusal,
  Way,
  WayResult,
} from '../../../src/lib/send/way.ts';
import type { MailboxRow } from '../../../src/lib/store/rows/rows.ts';
import type { Call, Ground, SimProcess } from '../process.ts';
import type { Letter } from './letters.ts';
import type { PostOffice } from './post-office.ts';
import type { Tenant } from './tenant.ts';

/** A connection without an answer is given up after this (src/lib/send/smtp.ts). */
const silenceMs = 90_000;

/** The way of one process to the mail server by SMTP. */
export function createSimSmtp(
  ground: Ground,
  process: SimProcess,
  { office, tenant }: { readonly office: PostOffice; readonly tenant: Tenant },
  token: (mailbox: MailboxRow) => Promise<string>,
): Way {
  const { scheduler, faults, trace, dice } = ground;

  function answerTo(
    login: string,
    letter: Letter,
    call: Call<WayResult>,
    signal: AbortSignal,
  ): { readonly after: number; readonly result: WayResult } {
    const [first = '', ...others] = letter.recipients;
    const refusal: RecipientRefusal = { address: first, code: 'recipient_refused', reply: '550 5.1.1' };
    const soon = dice.between(20, 800);
    if (faults.strikes('smtpDeferred')) {
      const scope = faults.pick('smtpDeferred', ['message', 'account'] as const) ?? 'message';
      const retryAfterMs = Math.round(faults.size('smtpDeferred', 1_000, 600_000));
      return { after: soon, result: { kind: 'deferred', code: 'send_throttled', scope, retryAfterMs } };
    }
    // Before the final dot: a server forgets what it has.
    if (faults.strikes('smtpCut')) {
      return { after: soon, result: { kind: 'deferred', code: 'smtp_unreachable', scope: 'account', retryAfterMs: 0 } };
    }
    const isPartial = others.length > 0 && faults.strikes('smtpRefusal');
    if (!isPartial && faults.strikes('smtpRefusal')) {
      const result: WayResult = { kind: 'refused', code: 'mail_refused', reply: '554', recipients: [refusal] };
      return { after: soon, result };
    }
    const unknown: WayResult = { kind: 'unknown', cause: new Error('no answer') };
    // After it the outcome is unknown: the server has taken it, or died before it could.
    const isLost = faults.strikes('smtpLost');
    const silence = isLost ? faults.size('smtpLost', 0, 1.5 * silenceMs) : 0;
    const unheard = { after: Math.min(silence, silenceMs), result: unknown };
    if (isLost && faults.size('smtpLost', 0, 1) < 0.4) return unheard;
    const recipients = isPartial ? others : letter.recipients;
    const messageId = office.take(letter, { login, by: call.by, isLost, recipients });
    if (isLost || signal.aborted) return unheard;
    const refused = isPartial ? [refusal] : [];
    return {
      after: soon,
      result: { kind: 'accepted', refused, serverMessageId: office.tells ? messageId : undefined },
    };
  }

  async function send(login: string, outgoing: OutgoingMail, signal: AbortSignal): Promise<WayResult> {
    // As the connection would: what cannot be read leaves nothing behind.
    const raw = await buffer(outgoing.open());
    const letter: Letter = { ...outgoing, way: 'smtp', raw, files: [] };
    return process.call<WayResult>((call) => {
      scheduler.after(dice.between(5, 400), () => {
        const { after, result } = answerTo(login, letter, call, signal);
        const who = call.by?.name ?? process.name;
        trace.note(who, () => `sends ${outgoing.submissionId} -- ${result.kind}`);
        const abort = () => call.answer(result.kind === 'accepted' ? { kind: 'unknown', cause: 'abort' } : result);
        signal.addEventListener('abort', abort, { once: true });
        scheduler.after(after, () => {
          signal.removeEventListener('abort', abort);
          call.answer(result);
        });
      });
    });
  }

  return {
    name: 'smtp',
    async prepare({ mailbox, login }) {
      await token(mailbox);
      return process.call<ReadyWay | Deferred | Closed>((call) => {
        scheduler.after(dice.between(5, 200), () => {
          const who = call.by?.name ?? process.name;
          if (!tenant.isSmtpOpen) {
            trace.note(who, () => `signs in to send as ${login} -- SMTP AUTH is disabled`);
            return call.answer({ kind: 'closed', code: 'smtp_disabled_tenant' });
          }
          if (!faults.strikes('smtpLogin')) {
            return call.answer({
              kind: 'ready',
              send: (outgoing, signal) => send(login, outgoing, signal),
              close: async () => {},
            });
          }
          trace.note(who, () => `signs in to send as ${login} -- refused for now`);
          const retryAfterMs = Math.round(faults.size('smtpLogin', 1_000, 120_000));
          call.answer({ kind: 'deferred', code: 'smtp_unreachable', scope: 'account', retryAfterMs });
        });
      });
    },
  };
}
