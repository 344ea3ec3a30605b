import { isDeepStrictEqual } from 'node:util';
import { sameBytes } from '../../domain/bytes.ts';
import { isSameMail } from '../../domain/mail/message-identity.ts';
import { cursorLimits } from '../../store/rows/cursor-row.ts';
import { dropEntries, encodeRecentMessages, foldEntries, placeOf } from '../../store/rows/recent-messages-row.ts';
import type { RecentMessage, RecentMessagesRow } from '../../store/rows/rows.ts';
import type { Row } from '../../store/table/table.ts';
import { indexOf, type RecentIndex } from './recent-index.ts';

/** What is known of the messages of a folder: the recent messages, and the newest entries, which ride in the cursor. */
export interface RecentMessages {
  /** Every entry, newest or not. @throws Error if the recent messages have not been read */
  entries(): readonly RecentMessage[];
  entryAt(uid: number): RecentMessage | undefined;
  /** Those that stand for the mail of this hash; see {@link isSameMail}. */
  entriesOf(hash: Uint8Array): readonly RecentMessage[];
  entryOf(key: Uint8Array): RecentMessage | undefined;
  readonly recentMessagesRead: boolean;
  /** Takes the recent messages as they were read; undefined if there are none. */
  setRecentMessages(recent: RecentMessagesRow | undefined): void;
  /** The recent messages as a row; undefined if there are none. */
  recentMessagesRow(): Row | undefined;
  floor(): number | undefined;
  /** Of days up to this one the recent messages may not know all messages. */
  raiseFloor(day: number): void;
  /** Starts over with these entries as all recent messages. */
  restart(uidValidity: bigint, entries: readonly RecentMessage[], floor: number | undefined): void;
  /** Adds an entry, or puts it in the place of the one with its uid. */
  put(entry: RecentMessage): void;
  /** The same for many that have an entry already, at the cost of one. */
  putAll(entries: readonly RecentMessage[]): void;
  /** Takes an entry out. */
  remove(entry: RecentMessage): void;

  /** Those that are not in the recent messages yet. */
  readonly fresh: readonly RecentMessage[];
  /** The recent messages, if they are not stored as they are; with them, `fresh` has changed too. */
  pending(): Row | undefined;
  sent(): void;
}

const keyText = (key: Uint8Array): string => Buffer.from(key).toString('latin1');

/** True if an entry needs no further delivery: accepted, or known from before the mailbox was connected. */
export const isSettled = (entry: RecentMessage): boolean => entry.accepted || !entry.posted;

export function createRecentMessages(parts: {
  readonly mailboxId: string;
  readonly folderId: string;
  /** Entries that the cursor holds. */
  readonly stored: readonly RecentMessage[];
  /** Which entries go into the recent messages when there is no room for more outside; the first kind of which there are any. */
  readonly foldable: readonly ((entry: RecentMessage) => boolean)[];
  readonly uidValidity: () => bigint;
  /** Told when `fresh` changes. */
  readonly changed: () => void;
}): RecentMessages {
  const { mailboxId, folderId, foldable, changed } = parts;
  let fresh: RecentMessage[] = [...parts.stored];
  /** Its entries are an array of our own, in which one takes the place of another. */
  let recent: (RecentMessagesRow & { readonly entries: RecentMessage[] }) | undefined;
  let index: RecentIndex | undefined;
  let dirty = false;

  function known() {
    if (recent === undefined) throw new Error('the recent messages of this folder have not been read');
    return recent;
  }

  function replace(next: RecentMessagesRow): void {
    recent = { ...next, entries: [...next.entries] };
    index = undefined;
    dirty = true;
  }

  function indexed(): RecentIndex {
    index ??= indexOf(known().entries);
    return index;
  }

  /** Writes what became of a message over its entry. A replay does so for each message, and most stay what they are. */
  function overwrite(before: RecentMessage, entry: RecentMessage): void {
    if (isDeepStrictEqual(before, entry)) return;
    const { entries } = known();
    const at = placeOf(entries, before);
    const staysInPlace =
      at !== undefined &&
      before.day === entry.day &&
      sameBytes(before.hash, entry.hash) &&
      sameBytes(before.key, entry.key);
    if (!staysInPlace) {
      replace(foldEntries(known(), [entry]));
      return;
    }
    entries[at] = entry;
    indexed().exchange(before, entry);
    dirty = true;
  }

  function put(entry: RecentMessage): void {
    const at = fresh.findIndex((other) => other.uid === entry.uid);
    if (at >= 0) {
      fresh[at] = entry;
      changed();
      return;
    }
    const before = indexed().ofUid(entry.uid);
    if (before !== undefined) {
      overwrite(before, entry);
      return;
    }
    if (fresh.length >= cursorLimits.fresh) fold();
    fresh.push(entry);
    changed();
  }

  /** Moves entries into the recent messages. Both rows change, and go in one batch. */
  function fold(): void {
    const moving = foldable.map((may) => fresh.filter(may)).find((some) => some.length > 0) ?? [];
    replace(foldEntries(known(), moving));
    fresh = fresh.filter((entry) => !moving.includes(entry));
    changed();
  }

  const entriesOf = (hash: Uint8Array): readonly RecentMessage[] => [
    ...fresh.filter((entry) => isSameMail(entry.hash, hash)),
    ...indexed().ofHash(hash),
  ];

  return {
    entries: () => [...known().entries, ...fresh],
    entryAt: (uid) => fresh.find((entry) => entry.uid === uid) ?? indexed().ofUid(uid),
    entriesOf,
    entryOf: (key) => fresh.find((entry) => sameBytes(entry.key, key)) ?? indexed().ofKey(key),
    get recentMessagesRead() {
      return recent !== undefined;
    },
    setRecentMessages(read) {
      const none = { mailboxId, folderId, uidValidity: parts.uidValidity(), entries: [], floor: undefined };
      recent = { ...none, ...read, entries: [...(read?.entries ?? [])] };
      index = undefined;
    },
    recentMessagesRow() {
      const { entries, floor } = known();
      return entries.length === 0 && floor === undefined ? undefined : encodeRecentMessages(known());
    },
    floor: () => known().floor,
    raiseFloor: (day) => replace({ ...known(), floor: Math.max(known().floor ?? 0, day) }),
    restart(uidValidity, entries, floor) {
      fresh = [];
      replace(foldEntries({ mailboxId, folderId, uidValidity, entries: [], floor }, entries));
      changed();
    },
    put,
    putAll(entries) {
      const here = new Set(fresh.map(({ uid }) => uid));
      for (const entry of entries) if (here.has(entry.uid)) put(entry);
      const others = entries.filter(({ uid }) => !here.has(uid));
      if (others.length === 0) return;
      // Those without a UID are known by their keys alone.
      const unplaced = new Set(others.flatMap(({ uid, key }) => (uid === 0 ? [keyText(key)] : [])));
      const rest = known().entries.filter(({ uid, key }) => uid !== 0 || !unplaced.has(keyText(key)));
      replace(foldEntries({ ...known(), entries: rest }, others));
    },
    remove({ uid, key }) {
      const before = fresh.length;
      fresh = fresh.filter((entry) => entry.uid !== uid || !sameBytes(entry.key, key));
      if (fresh.length < before) changed();
      else if (uid !== 0) replace(dropEntries(known(), new Set([uid])));
      else replace({ ...known(), entries: known().entries.filter((entry) => !sameBytes(entry.key, key)) });
    },
    get fresh() {
      return fresh;
    },
    pending: () => (dirty ? encodeRecentMessages(known()) : undefined),
    sent() {
      dirty = false;
    },
  };
}
