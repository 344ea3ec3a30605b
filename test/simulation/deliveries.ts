import { messageKeyFromBytes, shardKey, shardOfMailbox } from '../../src/lib/domain/ids.ts';
import { parseRowKey, rowsOf } from '../../src/lib/store/rows/keys.ts';
import { decodeEntries } from '../../src/lib/store/rows/recent-message-entry.ts';
import { dayOf, mostRecentMessages } from '../../src/lib/store/rows/recent-messages-row.ts';
import type { StoredRow } from '../../src/lib/store/table/table.ts';
import { isLetThrough } from './filters.ts';
import type { Life, Lives } from './lives.ts';
import type { Physical } from './mail.ts';
import type { Ground, Invocation } from './process.ts';
import type { Promises } from './promises.ts';
import type { Post, PostObserver } from './receiver.ts';
import type { Tables } from './tables.ts';

/** What was delivered of one mailbox of the broker. */
export interface Delivered {
  /** The last acceptance of each key. */
  readonly byKey: Map<string, Post>;
  readonly accepted: Set<Physical>;
  /** Posted normally, not by a forced replay; accepted or not. */
  readonly sent: Set<Physical>;
  /** Keys under which messages that look alike were accepted. */
  readonly families: Map<Physical['family'], Set<string>>;
  /** Accepted `message.vanished` and `message.undeliverable`. */
  readonly told: Post[];
}

/** Looks at every POST: whether it may be sent, in this order, again, and under this key. */
export interface Deliveries extends PostObserver {
  of(life: Life): Delivered;
}

export interface Terms {
  /** Whether a destination gets the messages of a folder one after the other. */
  isOrdered(destinationId: string): boolean;
  /** Whether a run released its lease itself. */
  hasReleased(run: Invocation): boolean;
  /** Whether the table did not take rows of a run, which then could not note what it had done. */
  wasRefused(run: Invocation): boolean;
}

/** Messages of a folder that may be sent again after a kill. */
const mostAgain = { ordered: 1, unordered: 32 } as const;

/** A head that has been failing for so long gives way; half a minute less, since clocks differ. */
const headLimitMs = 9.5 * 60_000;

/** A message is given up after so many failures that count. */
const leastFailures = 5;

interface Run {
  /** Posts that have no answer yet. */
  readonly open: Set<Post>;
  /** By mailbox and folder: keys that were sent again because this run had come to a bad end. */
  readonly again: Map<string, Set<string>>;
}

export function createDeliveries(
  ground: Ground,
  promises: Promises,
  tables: () => Tables,
  lives: Lives,
  terms: Terms,
): Deliveries {
  const { scheduler } = ground;
  const { breach } = promises;
  const runs = new Map<Invocation, Run>();
  const delivered = new Map<Life, Delivered>();
  const failures = new Map<Physical, { readonly since: number; count: number }>();

  function runOf(invocation: Invocation): Run {
    const run = runs.get(invocation) ?? { open: new Set(), again: new Map() };
    runs.set(invocation, run);
    return run;
  }

  function of(life: Life): Delivered {
    const found = delivered.get(life) ?? {
      byKey: new Map(),
      accepted: new Set(),
      sent: new Set(),
      families: new Map(),
      told: [],
    };
    delivered.set(life, found);
    return found;
  }

  const rowsOfLife = (life: Life, kind: string): StoredRow[] =>
    tables().list('mail', shardKey(shardOfMailbox(life.row.id) ?? 0), rowsOf(kind, life.row.id));

  function isPosted(life: Life, key: string): boolean {
    const has = (column: unknown) =>
      column instanceof Uint8Array &&
      decodeEntries(column).some((entry) => entry.posted && messageKeyFromBytes(entry.key) === key);
    return (
      rowsOfLife(life, 'c').some((row) => has(row.values.fresh)) ||
      rowsOfLife(life, 'r').some((row) => has(row.values.entries))
    );
  }

  /** Given up, as one that process after process did not survive is, and waits for no further attempt. */
  const isDead = (life: Life, { place }: Physical): boolean =>
    rowsOfLife(life, 'x').some(({ rowKey }) => {
      const key = parseRowKey(rowKey);
      return key?.kind === 'dead' && key.uidValidity === place?.uidValidity && key.uid === place.uid;
    });

  function checkKeys(post: Post, message: Physical, before: Post | undefined, keys: ReadonlySet<string>): void {
    const other = before?.message;
    if (other !== undefined && other.family !== message.family) {
      breach('one key for one message', `${post.id} names m${other.id} and m${message.id}`);
    }
    // What the recent messages have no room for is found again by a replay, and gets a new key where its folder was renumbered.
    const again = ({ places }: Physical) => (isForgotten(post) ? places.length - 1 : 0);
    const most = message.family.reduce((sum, one) => sum + 1 + Math.max(crossings(one), again(one)), 0);
    if (keys.size > most) {
      breach('one key for one message', `m${message.id} arrives under ${keys.size} keys: ${[...keys].join(', ')}`);
    }
  }

  /** Sent again only after an accident: an acceptance that was not heard, or a run that ended before it could note it. */
  function checkAgain(post: Post, last: Post | undefined): void {
    // A replay since a time sends again what the recent messages have no room for any more, under the same key.
    if (last?.heard !== 'accepted' || last.by === undefined || isForgotten(post)) return;
    // It was on its way for longer than its sender waited, and another run came first.
    if (last.acceptedAt !== undefined && post.sentAt <= last.acceptedAt) return;
    const what = `${post.id} (m${post.message?.id}), which ${last.by.name} had delivered`;
    if (terms.hasReleased(last.by) && !terms.wasRefused(last.by)) {
      breach('nothing is sent again without need', `${what} and committed`);
      return;
    }
    const { again } = runOf(last.by);
    const folder = `${last.mailboxId} ${pathOf(last)}`;
    const keys = (again.get(folder) ?? new Set<string>()).add(post.id);
    again.set(folder, keys);
    const most = terms.isOrdered(post.destinationId) ? mostAgain.ordered : mostAgain.unordered;
    if (keys.size > most) breach('nothing is sent again without need', `${what}, with ${keys.size - 1} others`);
  }

  /** Messages of a folder arrive in the order of their UIDs, but for those that something has happened to. */
  function checkOrder(life: Life, found: Delivered, message: Physical): void {
    const { place } = message;
    if (place === undefined || !isInLine(life, message)) return;
    for (const other of place.folder.messages) {
      const uid = other.place?.uid ?? 0;
      if (uid >= place.uid) break;
      if (isInLine(life, other) && !found.accepted.has(other) && !isDead(life, other)) {
        breach('order', `m${message.id} (${place.uid}) arrives before m${other.id} (${uid}) in ${place.folder.path}`);
      }
    }
  }

  const isInLine = (life: Life, message: Physical): boolean =>
    !life.old.has(message) &&
    scheduler.now() - (failures.get(message)?.since ?? scheduler.now()) < headLimitMs &&
    message.family.length === 1 &&
    message.places.length === 1 &&
    !message.wasHidden &&
    message.place?.folder.renumberedAt === 0 &&
    isLetThrough(life, message);

  /** Given up only after it failed often enough, or took process after process down with it. */
  function checkDeath(life: Life, post: Post): void {
    const message = life.keys.get(String(post.data.messageKey));
    if (message === undefined || post.data.code === 'message_deadly') return;
    const count = failures.get(message)?.count ?? 0;
    if (count < leastFailures) {
      breach('nobody dies of a fault that is not theirs', `m${message.id} is given up after ${count} failures`);
    }
  }

  return {
    of,
    sending(post) {
      const { message, by } = post;
      const life = lives.byId(post.mailboxId);
      if (by === undefined || message === undefined || life === undefined) return;
      if (!isForced(post)) of(life).sent.add(message);
      const { open } = runOf(by);
      for (const other of open) {
        if (other.heard !== undefined) open.delete(other);
        else if (isSameFolder(other, post) && terms.isOrdered(post.destinationId)) {
          breach('one in flight', `${by.name} sends ${post.id} while ${other.id} is under way`);
        }
      }
      open.add(post);
      if (life.removedAt === undefined && !isPosted(life, keyOf(post))) {
        breach('no POST before its entry is committed', `${by.name} sends ${post.id} (m${message.id})`);
      }
    },
    accepted(post) {
      const life = lives.byId(post.mailboxId);
      if (life === undefined) return;
      const found = of(life);
      if (post.type === 'message.vanished') found.told.push(post);
      if (post.type === 'message.undeliverable') {
        found.told.push(post);
        checkDeath(life, post);
      }
      const { message } = post;
      if (post.type !== 'message.received' || message === undefined) return;
      if (isForced(post)) {
        found.accepted.add(message);
        return;
      }
      const before = found.byKey.get(post.id);
      checkAgain(post, before);
      if (terms.isOrdered(post.destinationId)) checkOrder(life, found, message);
      found.byKey.set(post.id, post);
      found.accepted.add(message);
      const keys = (found.families.get(message.family) ?? new Set<string>()).add(post.id);
      found.families.set(message.family, keys);
      checkKeys(post, message, before, keys);
    },
    heard({ heard, message }) {
      if (message === undefined || heard === 'accepted') return;
      const known = failures.get(message) ?? { since: scheduler.now(), count: 0 };
      known.count += 1;
      failures.set(message, known);
    },
  };
}

/** A replay that sends again what was delivered has ids of its own, which are the keys and its number. */
const isForced = ({ data }: Post): boolean => typeof data.replay === 'number';

const keyOf = (post: Post): string => (isForced(post) ? String(post.data.messageKey) : post.id);

/** Whether so many messages of its folder are as young by their day, which is what the recent messages go by, that they need not hold it. */
function isForgotten({ message }: Post): boolean {
  const folder = message?.place?.folder;
  if (message === undefined || folder === undefined) return false;
  const wasThere = ({ places }: Physical) => places.some((place) => place.folder === folder);
  const day = dayOf(message.internalDate);
  const younger = message.mailbox.all.filter((one) => dayOf(one.internalDate) >= day && wasThere(one));
  return younger.length > mostRecentMessages;
}

const isSameFolder = (a: Post, b: Post): boolean => a.mailboxId === b.mailboxId && pathOf(a) === pathOf(b);

const pathOf = (post: Post): string => {
  const folder = post.data.folder as { readonly path?: string } | undefined;
  return folder?.path ?? '';
};

/**
 * How often a message became another one to anyone who sees what its server shows. The sent folder takes no part in
 * moves: what goes in or out of it, or gets another UID there, is another message. So is what never passed a server,
 * and gets a new date when it is moved; and what shows no headers by which to know it again.
 */
function crossings({ places, received, mailbox, wasHeaderless }: Physical): number {
  const isDatedAnew = received === undefined && mailbox.stampsAnew;
  return places.filter(({ folder, uidValidity }, at) => {
    const before = places[at - 1];
    if (before === undefined) return false;
    const isMove = folder !== before.folder || uidValidity === before.uidValidity;
    return folder.role === 'sent' || before.folder.role === 'sent' || wasHeaderless || (isDatedAnew && isMove);
  }).length;
}
