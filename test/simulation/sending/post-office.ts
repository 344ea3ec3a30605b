import type { BouncedRecipient } from '../../../src/lib/domain/mail/message.ts';
import type { WayName } from '../../../src/lib/domain/submission.ts';
import { dice as diceOf } from '../dice.ts';
import type { MailWorld, SimMailbox } from '../mail.ts';
import type { Ground, Invocation } from '../process.ts';
import type { Letter } from './letters.ts';

/** A message that the mail server took: it leaves, regardless of the answer to the broker. */
export interface Taken {
  readonly at: number;
  readonly by: Invocation | undefined;
  readonly way: WayName;
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

/** How a message comes to the mail server. */
export interface Handover {
  /** Whose Sent gets the copy. */
  readonly login: string;
  readonly by: Invocation | undefined;
  /** The answer to it does not come. */
  readonly isLost: boolean;
  /** Those whom the server takes, of all the recipients. */
  readonly recipients: readonly string[];
}

/** The mail server behind every way out. It takes messages, files copies in Sent, and reports what comes back. */
export interface PostOffice {
  /** @returns the Message-ID that it has from now on */
  take(letter: Letter, handover: Handover): string;
  /** By the id of the submission, in order. */
  readonly taken: ReadonlyMap<string, readonly Taken[]>;
  /** Whether the server tells the Message-ID that it gave, to those who speak SMTP with it. */
  readonly tells: boolean;
}

export function createPostOffice(ground: Ground, mail: () => MailWorld, onTaken: (letter: Letter) => void): PostOffice {
  const { scheduler, faults, dice } = ground;
  const taken = new Map<string, Taken[]>();
  const makes = diceOf(`${ground.seed}/post office`);
  /** Whether it puts an id of its own in place of ours, and whether its answer says so. */
  const renames = makes.chance(0.5);
  const tells = makes.chance(0.5);
  const filesForOthers = makes.chance(0.4);

  function fileIn({ folders }: SimMailbox, copy: { messageId: string; submissionId: string }): void {
    const sent = folders.get('Sent Items');
    if (sent?.exists === true) mail().add(sent, { ...copy, received: undefined });
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

  return {
    taken,
    tells,
    take(letter, { login, by, isLost, recipients }) {
      const { submissionId: id, way } = letter;
      const all = taken.get(id) ?? [];
      taken.set(id, [...all, { at: scheduler.now(), by, way, recipients }]);
      const messageId = renames ? `<${all.length}-${id.slice(-8)}@exchange.example>` : letter.messageId;
      onTaken(letter);
      const mailbox = mail().mailbox(login);
      if (!faults.strikes('copyNever')) {
        // A server that loses connections is busy: its copies are late, too.
        const isLate = faults.strikes('copyLate') || (isLost && faults.size('smtpLost', 0, 1) < 0.5);
        const late = isLate ? 5_000 + dice.next() ** 2 * 30 * 60_000 : dice.between(0, 3_000);
        scheduler.after(late, () => fileIn(mailbox, { messageId, submissionId: id }));
      }
      // Of what a person sends for others, in their Sent, too (MessageCopyForSentAsEnabled).
      if (letter.from !== login && filesForOthers) {
        const later = makes.chance(0.7) ? makes.between(0, 20_000) : makes.between(0, 400_000);
        scheduler.after(later, () => fileIn(mail().mailbox(letter.from), { messageId, submissionId: id }));
      }
      if (faults.strikes('bounce')) comeBack(mail().mailbox(letter.from), { id, messageId, recipients });
      return messageId;
    },
  };
}
