/** A message of a folder as it was listed. */
export interface Listed {
  readonly uid: number;
  readonly at: Date;
}

/** Messages that were listed in one order and are settled in another: how far all of them are settled, and what is beyond. */
export interface ListedMessages {
  /** Puts a message at the end. */
  add(message: Listed, isSettled: boolean): void;
  /** Takes no notice of a message that is not listed, or passed. */
  settle(uid: number): void;
  /** Forgets the messages before the first that is not settled. @returns the last of them */
  pass(): Listed | undefined;
  /** The first that is not passed; after {@link pass} the first that is not settled. */
  readonly head: Listed | undefined;
  /** How many are settled beyond the head. */
  readonly ahead: number;
  /** UIDs of the first of those, in order. */
  settledAhead(most: number): number[];
}

/** What is settled beyond the head is close to it, so that a folder of any size is never gone through to find it. */
export function createListedMessages(): ListedMessages {
  let open: Listed[] = [];
  let first = 0;
  const uids = new Set<number>();
  const settled = new Set<number>();

  return {
    add(message, isSettled) {
      open.push(message);
      uids.add(message.uid);
      if (isSettled) settled.add(message.uid);
    },
    settle(uid) {
      if (uids.has(uid)) settled.add(uid);
    },
    pass() {
      let last: Listed | undefined;
      for (let one = open[first]; one !== undefined && settled.delete(one.uid); one = open[first]) {
        last = one;
        uids.delete(one.uid);
        first += 1;
      }
      if (first === open.length) {
        open = [];
        first = 0;
      }
      return last;
    },
    get head() {
      return open[first];
    },
    get ahead() {
      return settled.size;
    },
    settledAhead(most) {
      const found: number[] = [];
      const wanted = Math.min(most, settled.size);
      for (let at = first; found.length < wanted && at < open.length; at++) {
        const uid = open[at]?.uid;
        if (uid !== undefined && settled.has(uid)) found.push(uid);
      }
      return found;
    },
  };
}
