import type { BouncedRecipient } from '../../../src/lib/domain/mail/message.ts';
import type { Deferred, OutgoingMail, ReadyWay, RecipientRefusal, Way, WayResult } from '../../../src/lib/send/way.ts';
import type { MailboxRow } from '../../../src/lib/store/rows/rows.ts';
import { dice as diceOf } from '../dice.ts';
import type { MailWorld, SimMailbox } from '../mail.ts';
import type { Call, Ground, Invocation, SimProcess } from '../process.ts';

/** A message that the mail server took: it leaves, regardless of the answer to the broker. */
export interface Taken {
  readonly at: number;
  readonly by: Invocation | undefined;
  readonly recipients: readonly string[];
}

/** A report that a message came back. */
export interface Bounce {
  readonly submissionId: string;
  readonly recipients: readonly BouncedRecipient[];
  /** What of the message came back with it. */
  readonly names: 'header' | 'messageId';
  readonly messageId: string;
}

/** The server for outgoing mail. It takes messages, files copies in Sent, and reports what comes back. */
export interface PostOffice {
  /** The way of one process to it. */
  way(process: SimProcess, token: (mailbox: MailboxRow) => Promise<string>): Way;
  /** By the id of the submission, in order. */
  readonly taken: ReadonlyMap<string, readonly Taken[]>;
}

/** A connection without an answer is given up after this (src/lib/send/smtp.ts). */
const silenceMs = 90_000;

export function createPostOffice(ground: Ground, mail: () => MailWorld, onTaken: (id: string) => void): PostOffice {
  const { scheduler, faults, trace, dice } = ground;
  const taken = new Map<string, Taken[]>();
  const makes = diceOf(`${ground.seed}/post office`);
  /** Whether it puts an id of its own in place of ours, and whether its answer says so. */
  const renames = makes.chance(0.5);
  const tells = makes.chance(0.5);

  function take(
    login: string,
    outgoing: OutgoingMail,
    recipients: readonly string[],
    by: Invocation | undefined,
    isLost: boolean,
  ) {
    const id = outgoing.submissionId;
    const all = taken.get(id) ?? [];
    taken.set(id, [...all, { at: scheduler.now(), by, recipients }]);
    const messageId = renames ? `<${all.length}-${id.slice(-8)}@exchange.example>` : outgoing.messageId;
    onTaken(id);
    const mailbox = mail().mailbox(login);
    if (!faults.strikes('copyNever')) {
      // A server that loses connections is busy: its copies are late, too.
      const isLate = faults.strikes('copyLate') || (isLost && faults.size('smtpLost', 0, 1) < 0.5);
      const late = isLate ? 5_000 + dice.next() ** 2 * 30 * 60_000 : dice.between(0, 3_000);
      scheduler.after(late, () => {
        const sent = mailbox.folders.get('Sent Items');
        if (sent?.exists === true) mail().add(sent, { messageId, received: undefined, submissionId: id });
      });
    }
    if (faults.strikes('bounce')) comeBack(mailbox, { id, messageId, recipients });
    return messageId;
  }

  /** Some servers say first that it takes long. */
  function comeBack(
    mailbox: SimMailbox,
    { id, messageId, recipients }: { id: string; messageId: string; recipients: readonly string[] },
  ): void {
    const picked = faults.pick('bounce', ['header', 'messageId'] as const) ?? 'header';
    // An id of the server that was not reported yet names nothing, and an answer may be lost after it was given, too.
    const names = renames ? 'header' : picked;
    const action = faults.pick('bounce', ['failed', 'failed', 'delayed']) ?? 'failed';
    const failed = recipients.slice(0, 1 + Math.floor(faults.size('bounce', 0, recipients.length)));
    const all = failed.map((recipient) => ({ recipient, action, status: '5.1.1' }));
    scheduler.after(faults.size('bounce', 500, 300_000), () => {
      const inbox = mailbox.folders.get('INBOX');
      const bounce = { submissionId: id, recipients: all, names, messageId };
      if (inbox?.exists === true) mail().add(inbox, { sender: 'mailer-daemon@mx.sim.example', bounce });
    });
  }

  function answerTo(
    login: string,
    outgoing: OutgoingMail,
    call: Call<WayResult>,
    signal: AbortSignal,
  ): { readonly after: number; readonly result: WayResult } {
    const [first = '', ...others] = outgoing.recipients;
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
    const recipients = isPartial ? others : outgoing.recipients;
    const messageId = take(login, outgoing, recipients, call.by, isLost);
    if (isLost || signal.aborted) return unheard;
    const refused = isPartial ? [refusal] : [];
    return { after: soon, result: { kind: 'accepted', refused, serverMessageId: tells ? messageId : undefined } };
  }

  return {
    taken,
    way: (process, token) => ({
      name: 'smtp',
      async prepare({ mailbox, login }) {
        await token(mailbox);
        return process.call<ReadyWay | Deferred>((call) => {
          scheduler.after(dice.between(5, 200), () => {
            if (!faults.strikes('smtpLogin')) return call.answer(ready(process, login));
            trace.note(call.by?.name ?? process.name, () => `signs in to send as ${login} -- refused for now`);
            const retryAfterMs = Math.round(faults.size('smtpLogin', 1_000, 120_000));
            call.answer({ kind: 'deferred', code: 'smtp_unreachable', scope: 'account', retryAfterMs });
          });
        });
      },
    }),
  };

  function ready(process: SimProcess, login: string): ReadyWay {
    return {
      kind: 'ready',
      async send(outgoing, signal) {
        // As the connection would: what cannot be read leaves nothing behind.
        for await (const _ of outgoing.open());
        return process.call<WayResult>((call) => {
          scheduler.after(dice.between(5, 400), () => {
            const { after, result } = answerTo(login, outgoing, call, signal);
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
      },
      close: async () => {},
    };
  }
}
