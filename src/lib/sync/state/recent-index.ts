import { hashKey } from '../../domain/mail/message-identity.ts';
import type { RecentMessage } from '../../store/rows/rows.ts';

/** The recent messages of a folder, by what they are looked for. */
export interface RecentIndex {
  ofUid(uid: number): RecentMessage | undefined;
  /** The first of them with this key. */
  ofKey(key: Uint8Array): RecentMessage | undefined;
  /** Those of one mail, in the order of the entries; see `isSameMail`. */
  ofHash(hash: Uint8Array): readonly RecentMessage[];
  /** Puts an entry in the place of another that has its UID, key and hash. */
  exchange(before: RecentMessage, entry: RecentMessage): void;
}

const keyText = (key: Uint8Array): string => Buffer.from(key).toString('latin1');

/** UID 0 stands for a message that has no place just now: it is known by its key and its hash alone. */
export function indexOf(entries: readonly RecentMessage[]): RecentIndex {
  const uids = new Map<number, RecentMessage>();
  const keys = new Map<string, RecentMessage>();
  const hashes = new Map<string, RecentMessage[]>();
  for (const entry of entries) {
    if (entry.uid !== 0) uids.set(entry.uid, entry);
    const key = keyText(entry.key);
    if (!keys.has(key)) keys.set(key, entry);
    const hash = hashKey(entry.hash);
    if (hash === undefined) continue;
    const same = hashes.get(hash);
    if (same === undefined) hashes.set(hash, [entry]);
    else same.push(entry);
  }
  const listOf = (hash: Uint8Array): RecentMessage[] => hashes.get(hashKey(hash) ?? '') ?? [];
  return {
    ofUid: (uid) => uids.get(uid),
    ofKey: (key) => keys.get(keyText(key)),
    ofHash: listOf,
    exchange(before, entry) {
      uids.set(entry.uid, entry);
      const key = keyText(entry.key);
      if (keys.get(key) === before) keys.set(key, entry);
      const same = listOf(entry.hash);
      const at = same.indexOf(before);
      if (at >= 0) same[at] = entry;
    },
  };
}
