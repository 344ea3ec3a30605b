import type { ImapFlow } from 'imapflow';
import { type BoundedMap, createBoundedMap } from '../../domain/bounded-map.ts';
import type { Clock } from '../../domain/clock.ts';
import { oldestAncestor, withoutBrackets } from '../../domain/mail/message-ids.ts';
import { ancestryOf } from '../message/parse-message.ts';
import { type Ancestors, type Ancestry, findThreadRoot } from '../message/thread-root.ts';
import type { FetchVerb } from '../session/fetch-verb.ts';

/** What a process knows of the conversations in its mailboxes. */
export interface ThreadMemory {
  /** By log-in and id. */
  readonly roots: BoundedMap<string, string>;
  /** Until when nothing is looked for, on the clock that never steps: by log-in, because a mailbox may be too large. */
  readonly restUntil: BoundedMap<string, number>;
}

/** Some 2 MB when it is full. */
export const createThreadMemory = (): ThreadMemory => ({
  roots: createBoundedMap(10_000),
  restUntil: createBoundedMap(1_000),
});

/** The folder that a mail lies in. Both reject where the server refuses, or the connection ends. */
export interface ThreadFolder {
  /** UID SEARCH, ascending. */
  readonly search: (query: Parameters<ImapFlow['search']>[0]) => Promise<number[]>;
  readonly fetch: FetchVerb;
}

// A first sync would ask for every conversation that it meets; what it has read itself is known without asking.
const mostSearches = 60;
// A server that has to scan every message is not asked again for a while: mail must not wait for its thread.
const slowMs = 2_000;
const restMs = 60 * 60_000;

// Several mails may bear one id; the oldest of them counts, unless something is wrong with it.
const mostHits = 3;

const headerNames = ['Message-ID', 'In-Reply-To', 'References', 'Thread-Index', 'From', 'To', 'Cc'];

/** Finds the first mails of conversations. One for each session. */
export function createThreadSearch(memory: ThreadMemory, login: string, clock: Clock) {
  let left = mostSearches;

  async function find({ search }: ThreadFolder, name: string, value: string): Promise<number[]> {
    // SEARCH takes other characters only after naming a charset, which Exchange refuses (RFC 3501 section 6.4.4).
    const isPlain = /^[\x20-\x7e]{1,500}$/.test(value);
    if (left === 0 || !isPlain || (memory.restUntil.get(login) ?? 0) > clock.monotonic()) return [];
    left -= 1;
    const started = clock.monotonic();
    let found: number[] | undefined;
    try {
      found = await search({ header: { [name]: value } });
    } catch {
      // Refused, or the connection has ended, which the next command will tell. The mail itself has been read.
    }
    const now = clock.monotonic();
    if (found === undefined || now - started > slowMs) memory.restUntil.set(login, now + restMs);
    return found ?? [];
  }

  async function read(
    { fetch }: ThreadFolder,
    uids: readonly number[],
    is: (one: Ancestry) => boolean,
  ): Promise<Ancestry | undefined> {
    for (const uid of uids.slice(0, mostHits)) {
      const answer = await fetch(String(uid), { uid: true, headers: headerNames }).catch(() => undefined);
      const headers = answer?.messages.find((message) => message.uid === uid)?.headers;
      const found = headers === undefined ? undefined : await ancestryOf(headers);
      if (found !== undefined && is(found)) return found;
    }
    return undefined;
  }

  const ancestors = (folder: ThreadFolder): Ancestors => ({
    byId: async (id) =>
      read(folder, await find(folder, 'message-id', `<${id}>`), (one) => withoutBrackets(one.messageId ?? '') === id),
    byThreadIndex: async (beginning, isOther) => read(folder, await find(folder, 'thread-index', beginning), isOther),
  });
  const known = {
    get: (id: string) => memory.roots.get(`${login}\n${id}`),
    set: (id: string, root: string) => memory.roots.set(`${login}\n${id}`, root),
  };

  return {
    /** The same mail, with the root of its conversation where its own headers do not tell it. */
    async withRoot<Mail extends Ancestry>(
      mail: Mail,
      folder: ThreadFolder,
    ): Promise<Mail & { readonly threadRoot?: string }> {
      const root = await findThreadRoot(mail, ancestors(folder), known);
      const own = oldestAncestor(mail) ?? mail.messageId;
      return root === undefined || root === withoutBrackets(own ?? '') ? mail : { ...mail, threadRoot: root };
    },
  };
}
