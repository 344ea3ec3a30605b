import { type Submission, submissionHeader } from '../../../src/lib/domain/submission.ts';
import type { Lives } from '../lives.ts';
import type { Ours, Physical } from '../mail.ts';
import type { Promises } from '../promises.ts';
import type { SimDraft } from './graph/server.ts';
import { fieldOf, headOf, type Letters } from './letters.ts';
import type { Outcomes } from './outcomes.ts';

/** What the broker does in mailboxes for the sake of a message: originals marked, copies stored, drafts deleted. */
export interface Aftermath extends Ours {
  /** Someone answers or forwards this message, which the reference means. */
  meant(messageRef: string, message: Physical): void;
  /** Says what is not as it should be, once the world has settled. */
  check(): void;
}

export function createAftermath(
  promises: Promises,
  world: {
    readonly lives: Lives;
    readonly letters: Letters;
    readonly drafts: ReadonlyMap<string, SimDraft>;
    readonly outcomes: () => Outcomes;
  },
): Aftermath {
  const { breach } = promises;
  const meant = new Map<string, Physical>();
  const flagged = new Map<Physical, Set<string>>();
  const stored = new Map<string, number>();
  const left = (id: string) => world.outcomes().hasLeft(id);

  const flagOf = ({ original }: Submission) => (original?.kind === 'forward' ? '$Forwarded' : '\\Answered');

  /** The submissions that answer or forward this message. */
  const answersTo = (message: Physical): readonly Submission[] =>
    world.outcomes().all.filter(({ original }) => {
      const wanted = original && meant.get(original.messageRef);
      return wanted !== undefined && looksLike(wanted, message);
    });

  function checkDrafts(): void {
    const known = world.outcomes().all;
    for (const [draft, { raw }] of world.drafts) {
      const id = fieldOf(headOf(raw), submissionHeader) ?? '';
      const mailboxId = known.find((each) => each.id === id)?.mailboxId ?? '';
      if (world.lives.byId(mailboxId)?.removedAt === undefined) breach('no draft is left over', `${draft} of ${id}`);
    }
  }

  return {
    meant: (messageRef, message) => void meant.set(messageRef, message),
    onStored(message, flags) {
      const answers = answersTo(message);
      for (const flag of flags) {
        flagged.set(message, (flagged.get(message) ?? new Set()).add(flag));
        const isTrue = answers.some((answer) => flagOf(answer) === flag && left(answer.id));
        if (!isTrue) breach('only what was answered is marked', `m${message.id} becomes ${flag}`);
      }
    },
    onAppended(message, source) {
      const id = message.submissionId ?? '';
      const count = (stored.get(id) ?? 0) + 1;
      stored.set(id, count);
      if (count > 1) breach('at most one copy is stored', `of ${id} in ${message.mailbox.login}`);
      if (!left(id)) breach('what is told is true', `a copy of ${id} is stored, and it never left`);
      if (message.place?.folder.role !== 'sent')
        breach('at most one copy is stored', `of ${id} in ${message.place?.folder.path}`);
      const head = headOf(source);
      const recipients = ['To', 'Bcc'].flatMap((name) => fieldOf(head, name)?.split(', ') ?? []);
      const letter = { submissionId: id, way: 'graph', messageId: '', from: '', recipients, raw: source, files: [] };
      const difference = world.letters.differs({ ...letter, way: 'graph' });
      if (difference !== undefined) breach('a message leaves whole', `the copy of ${id} ${difference}`);
    },
    check() {
      checkDrafts();
      for (const submission of world.outcomes().all) {
        const { id, state, original, copy, mailboxId } = submission;
        if (world.lives.byId(mailboxId)?.removedAt !== undefined) continue;
        const message = original && meant.get(original.messageRef);
        if ((state === 'sent' || state === 'partial') && message !== undefined && original?.marked === undefined)
          breach('only what was answered is marked', `m${message.id}, which ${id} answers, is not`);
        const isFlagged = [...flagged].some(
          ([each, flags]) => message !== undefined && looksLike(each, message) && flags.has(flagOf(submission)),
        );
        if (original?.marked === true && !isFlagged)
          breach('what is told is true', `m${message?.id} is not marked, which ${id} says it is`);
        if (copy?.state === 'stored' && !stored.has(id))
          breach('what is told is true', `no copy of ${id} is stored, which it says there is`);
      }
    },
  };
}

/** Whether they are one mail to anyone who sees their headers. */
const looksLike = (one: Physical, other: Physical): boolean =>
  one === other ||
  (one.mailbox === other.mailbox &&
    one.messageId === other.messageId &&
    one.date === other.date &&
    one.sender === other.sender &&
    one.subject === other.subject &&
    one.received === other.received);
