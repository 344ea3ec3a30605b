import type { BoundedMap } from '../../domain/bounded-map.ts';
import type { ReadMessage } from '../../domain/mail/message.ts';
import { oldestAncestor, withoutBrackets } from '../../domain/mail/message-ids.ts';

/** What the headers of a mail say of the mails before it. */
export type Ancestry = Pick<ReadMessage, 'messageId' | 'inReplyTo' | 'references' | 'threadIndex'>;

/** Where the ancestors of a mail are looked for. */
export interface Ancestors {
  byId(id: string): Promise<Ancestry | undefined>;
  /** The oldest mail whose Thread-Index begins so, of those that are others. */
  byThreadIndex(beginning: string, isOther: (one: Ancestry) => boolean): Promise<Ancestry | undefined>;
}

/** The first mail of the conversation of each mail that was looked at; ids without brackets. */
export type KnownRoots = Pick<BoundedMap<string, string>, 'get' | 'set'>;

// For an id that was not found.
const nobody = '';

// An answer to an answer, and so on, each of which names the one before it and no more. Beyond this someone plays.
const mostSteps = 10;

/**
 * The id of the first mail of a conversation, without brackets. Headers alone do not always tell it: lists and phones
 * shorten References, some programs send In-Reply-To alone, and Outlook at times nothing but a Thread-Index. So what they
 * name is looked for, and if it is there, its own headers tell more. What is not found stands for itself.
 * @returns undefined if the mail has neither an ancestor nor an id of its own
 */
export async function findThreadRoot(
  mail: Ancestry,
  ancestors: Ancestors,
  known: KnownRoots,
): Promise<string | undefined> {
  const seen = new Set<string>();

  const rootOf = async (one: Ancestry, steps: number): Promise<string | undefined> => {
    const own = one.messageId === undefined ? undefined : withoutBrackets(one.messageId);
    if (own !== undefined) seen.add(own);
    const oldest = oldestAncestor(one);
    const named = [...new Set([oldest, one.inReplyTo])].filter((id) => id !== undefined).map(withoutBrackets);
    let root: string | undefined;
    for (const id of named) root ??= await follow(id, steps);
    if (root === undefined && oldest === undefined && one.threadIndex !== undefined && steps < mostSteps) {
      // An answer may have come before the mail that it answers.
      const first = await ancestors.byThreadIndex(
        one.threadIndex,
        ({ messageId }) => messageId !== undefined && !seen.has(withoutBrackets(messageId)),
      );
      if (first !== undefined) root = await rootOf(first, steps + 1);
    }
    return root ?? named[0] ?? own;
  };

  const follow = async (id: string, steps: number): Promise<string | undefined> => {
    const before = known.get(id);
    if (before !== undefined) return before === nobody ? undefined : before;
    if (seen.has(id) || steps >= mostSteps) return undefined;
    seen.add(id);
    const found = await ancestors.byId(id);
    const root = found === undefined ? undefined : await rootOf(found, steps + 1);
    // Of what was looked for alone: a mail that comes later under the same id must not lead the others astray.
    known.set(id, root ?? nobody);
    return root;
  };

  return rootOf(mail, 0);
}
