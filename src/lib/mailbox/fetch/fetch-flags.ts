import type { FetchVerb } from '../session/fetch-verb.ts';
import type { MessageFlags } from '../session/session.ts';
import { pieces, uidSet } from './uid-set.ts';

// Scattered UIDs of ten digits stay within the 8,192 bytes of a command line that RFC 7162 section 4 asks servers to take.
const chunk = 500;

/** The flags of those of `uids` that the server answers for, ascending by UID. Nothing else of a message is touched. */
export async function fetchFlags(fetch: FetchVerb, uids: readonly number[]): Promise<MessageFlags[]> {
  const wanted = new Set(uids);
  const found = new Map<number, MessageFlags>();
  const sorted = [...wanted].sort((a, b) => a - b);
  for (const some of pieces(sorted, chunk)) {
    const { messages } = await fetch(uidSet(some), { uid: true, flags: true });
    for (const { uid, flags } of messages) {
      // An unsolicited answer reports another client's change; it names the message by its sequence number only.
      if (typeof uid !== 'number' || flags === undefined || !wanted.has(uid)) continue;
      found.set(uid, {
        uid,
        seen: flags.has('\\Seen'),
        flagged: flags.has('\\Flagged'),
        answered: flags.has('\\Answered'),
      });
    }
  }
  return [...found.values()].sort((a, b) => a.uid - b.uid);
}
