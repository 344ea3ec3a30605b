import { isEnded, type Submission, type SubmissionEvent } from '../../../src/lib/domain/submission.ts';
import {
  parseSubmissionId,
  submissionPartition,
  submissionRows,
} from '../../../src/lib/store/submissions/submission-keys.ts';
import { decodeMessageId, decodeSubmission, decodeWaiting } from '../../../src/lib/store/submissions/submission-row.ts';
import type { StoredRow } from '../../../src/lib/store/table/table.ts';
import type { Lives } from '../lives.ts';
import type { MailWorld, Physical } from '../mail.ts';
import type { Ground } from '../process.ts';
import type { Promises } from '../promises.ts';
import type { Post } from '../receiver.ts';
import { type Applied, rowKeyOf, type Tables } from '../tables.ts';
import type { Letter, Letters } from './letters.ts';
import type { PostOffice } from './post-office.ts';
import { wrongWay } from './wrong-way.ts';

/** What someone decided about an unknown one, whether that was heard or not. */
export type Wish = 'resend' | 'sent' | 'failed';

/** Watches over messages from their acceptance to their end: what the table says, what left, and what was told. */
export interface Outcomes {
  onApplied(write: Applied): void;
  onTaken(letter: Letter): void;
  accepted(post: Post): void;
  /** The caller has heard that its request, by this key, is this submission. */
  answered(id: string, key: string): void;
  wished(id: string, wish: Wish): void;
  cancelled(id: string): void;
  /** What waits; empty when everything has come to its end. */
  unsettled(): string[];
  /** Says what was forgotten, once the world has settled. */
  check(): void;
  /** A day later, after the sweep: no unneeded rows are left. */
  checkRemains(blobs: Iterable<string>): void;
  /** As they stand. */
  readonly all: readonly Submission[];
  /** Whether it left, or somebody said that it did. */
  hasLeft(id: string): boolean;
}

interface Known {
  readonly insertedAt: number;
  latest: Submission;
  erased: boolean;
  readonly wishes: Set<Wish>;
  resends: number;
  /** How often each event was owed, and how often that was taken back before it was told. */
  readonly owed: Map<SubmissionEvent, number>;
  readonly dropped: Map<SubmissionEvent, number>;
  /** Ids under which it was accepted. */
  readonly told: Map<SubmissionEvent, Set<string>>;
}

/** Two estimates of the server's time are up to a second apart each. */
const skewMs = 3_000;

/** From the mark to the last byte, a process that stands still included. */
const attemptMs = 6 * 60_000;

/** After a day no events of a removed mailbox are sent any more. */
const toldWithinMs = 20 * 3_600_000;

export function createOutcomes(
  ground: Ground,
  promises: Promises,
  world: {
    readonly tables: () => Tables;
    readonly lives: Lives;
    readonly office: () => PostOffice;
    readonly mail: () => MailWorld;
    readonly letters: Letters;
  },
): Outcomes {
  const { scheduler, trace } = ground;
  const { breach } = promises;
  const all = new Map<string, Known>();
  const byKey = new Map<string, string>();
  /** By mailbox: it was told as removed. */
  const gone = new Set<string>();
  const leftOf = (id: string) => world.office().taken.get(id) ?? [];
  const mayDouble = ({ latest, resends }: Known) => latest.onUnknown === 'resend' || resends > 0;
  const plus = (counts: Map<SubmissionEvent, number>, type: SubmissionEvent) =>
    counts.set(type, (counts.get(type) ?? 0) + 1);

  function found(before: Submission | undefined, next: Submission, since: number): void {
    const known = all.get(next.id);
    if (known === undefined) {
      trace.name(next.id, `s${all.size + 1}`);
      const other = [...all.values()].find(
        ({ latest }) =>
          next.keyHash !== undefined && latest.mailboxId === next.mailboxId && latest.keyHash === next.keyHash,
      );
      if (other !== undefined) breach('a message is sent once', `${other.latest.id} and ${next.id} are of one key`);
      all.set(next.id, {
        insertedAt: scheduler.now(),
        latest: next,
        erased: false,
        wishes: new Set(),
        resends: 0,
        owed: new Map(),
        dropped: new Map(),
        told: new Map(),
      });
      return;
    }
    for (const type of next.owes) if (!before?.owes.includes(type)) plus(known.owed, type);
    if (next.state === 'queued') for (const type of before?.owes ?? []) plus(known.dropped, type);
    if (before?.state !== next.state) changed(known, next);
    const detour = world.lives.byId(next.mailboxId) && wrongWay(before, next, world.lives, since);
    if (detour !== undefined) breach('a message goes by the way that was chosen', `${next.id} ${detour}`);
    known.latest = next;
  }

  /** A state says what is so. */
  function changed(known: Known, { id, state, code }: Submission): void {
    const untrue = (what: string) => breach('what is told is true', `${id} is ${state}, and ${what}`);
    const left = leftOf(id).length;
    if ((state === 'sent' || state === 'partial') && left === 0 && !known.wishes.has('sent')) untrue('never left');
    if (state === 'bounced' && bouncesOf(id).length === 0) untrue('never came back');
    if ((state === 'failed' || state === 'cancelled') && left > 0 && !mayDouble(known) && !known.wishes.has('failed')) {
      untrue(`left (${code ?? ''})`);
    }
  }

  const bouncesOf = (id: string): readonly Physical[] =>
    world
      .mail()
      .mailboxes.flatMap((mailbox) => mailbox.all)
      .filter(
        ({ bounce }) => bounce?.submissionId === id && bounce.recipients.some(({ action }) => action === 'failed'),
      );

  function erased(id: string): void {
    const known = all.get(id);
    if (known === undefined) return;
    known.erased = true;
    const life = world.lives.byId(known.latest.mailboxId);
    if (life?.removedAt === undefined) breach('no message is forgotten', `the row of ${id} is gone`);
  }

  /** `mailbox.removed` is the last event of a mailbox. */
  function checkFarewell(mailboxId: string): void {
    for (const known of all.values()) {
      const { latest, insertedAt } = known;
      const life = world.lives.byId(mailboxId);
      const isLate = scheduler.now() - (life?.removedAt ?? 0) > toldWithinMs;
      if (latest.mailboxId !== mailboxId || insertedAt > (life?.removedAt ?? 0) || isLate) continue;
      for (const what of untold(known)) {
        breach('each outcome is told', `${mailboxId} is told as removed before ${what} of ${latest.id}`);
      }
      if (latest.endedAt === undefined) breach('each outcome is told', `${latest.id} of a removed mailbox has no end`);
    }
  }

  function untold({ owed, dropped, told }: Known): SubmissionEvent[] {
    return [...owed].flatMap(([type, count]) =>
      (told.get(type)?.size ?? 0) < count - (dropped.get(type) ?? 0) ? [type] : [],
    );
  }

  return {
    get all() {
      return [...all.values()].map(({ latest }) => latest);
    },
    hasLeft: (id) => leftOf(id).length > 0 || all.get(id)?.wishes.has('sent') === true,
    onApplied({ table, partitionKey, operations, before, by }) {
      if (table !== 'submissions') return;
      operations.forEach((operation, index) => {
        const key = rowKeyOf(operation);
        if (!key.startsWith('s!')) return;
        const was = before[index];
        if ('row' in operation) {
          const next = decodeSubmission({ ...operation.row, etag: '' }).submission;
          found(was && decodeSubmission(was).submission, next, by?.since ?? 0);
        } else if (was !== undefined) erased(decodeSubmission(was).submission.id);
        void partitionKey;
      });
    },
    onTaken(letter) {
      const { submissionId: id } = letter;
      const known = all.get(id);
      if (known === undefined) return breach('no message is forgotten', `${id} left, and is in no table`);
      const { latest, resends } = known;
      const difference = world.letters.differs(letter);
      if (difference !== undefined) breach('a message leaves whole', `${id} ${difference}`);
      if (latest.way !== undefined && letter.way !== latest.way)
        breach('a message goes by the way that was chosen', `${id} by ${letter.way}, not ${latest.way}`);
      const count = leftOf(id).length;
      if (latest.onUnknown !== 'resend' && count > 1 + resends) {
        breach('a message is sent once', `${id} left ${count} times, and was to be sent again ${resends} times`);
      }
      if (latest.attempts === 0) breach('a message is sent once', `${id} leaves without a mark`);
      if (mayDouble(known)) return;
      const [now, due, end] = [scheduler.now(), latest.dueAt.getTime(), latest.expiresAt.getTime()];
      // An attempt that began in time may end late: its process lay still meanwhile.
      const begunAt = latest.mark?.at.getTime() ?? now;
      if (now < due - skewMs || begunAt > end + attemptMs) {
        breach('what is told is true', `${id} left ${Math.round((now - due) / 1000)} s after its time`);
      }
    },
    accepted(post) {
      if (post.type === 'mailbox.removed') {
        checkFarewell(post.mailboxId);
        gone.add(post.mailboxId);
      }
      const { submissionId } = post.data;
      if (post.type === 'message.received' && typeof submissionId === 'string') {
        if (post.message?.submissionId !== submissionId)
          breach('what is told is true', `${post.id} names ${submissionId}`);
      }
      if (!post.type.startsWith('submission.')) return;
      const type = post.type as SubmissionEvent;
      const known = all.get(String(submissionId));
      if (known === undefined)
        return breach('what is told is true', `${post.type} of ${String(submissionId)}, which is none`);
      const ids = known.told.get(type) ?? new Set();
      known.told.set(type, ids);
      if (ids.has(post.id)) return;
      ids.add(post.id);
      const owed = known.owed.get(type) ?? 0;
      if (ids.size > owed) {
        breach(
          'each outcome is told',
          `${type} of ${known.latest.id} is told ${ids.size} times, and happened ${owed} times`,
        );
      }
      if (gone.has(post.mailboxId))
        breach('each outcome is told', `${type} of ${known.latest.id} after its mailbox was removed`);
    },
    answered(id, key) {
      if (!all.has(id)) breach('no message is forgotten', `${id} was answered, and is in no table`);
      const other = byKey.get(key);
      if (other !== undefined && other !== id)
        breach('a message is sent once', `${key} is answered with ${other} and ${id}`);
      byKey.set(key, id);
    },
    wished(id, wish) {
      const known = all.get(id);
      known?.wishes.add(wish);
      if (known !== undefined && wish === 'resend') known.resends += 1;
    },
    cancelled(id) {
      if (all.get(id)?.latest.state !== 'cancelled') breach('what is told is true', `${id} was not cancelled`);
    },
    unsettled() {
      const left: string[] = [];
      for (const { row } of world.lives.all) {
        const rows = world.tables().list('submissions', submissionPartition(row.id), submissionRows('w', row.id));
        for (const { rowKey } of rows) left.push(`${rowKey} is left`);
      }
      for (const { latest, erased: isErased } of all.values()) {
        if (!isErased && latest.endedAt === undefined) left.push(`${latest.id} is ${latest.state}`);
      }
      return left;
    },
    check() {
      for (const known of all.values()) {
        const { latest } = known;
        const life = world.lives.byId(latest.mailboxId);
        if (life === undefined || life.removedAt !== undefined) continue;
        if (latest.endedAt === undefined) breach('no message is forgotten', `${latest.id} is ${latest.state}`);
        for (const type of untold(known)) breach('each outcome is told', `${type} of ${latest.id}`);
        const isKnown = (message: Physical) =>
          !life.old.has(message) && !message.wasHidden && message.places.length === 1 && message.place !== undefined;
        if (latest.state !== 'bounced' && bouncesOf(latest.id).some(isKnown) && !known.wishes.has('failed')) {
          breach('what is told is true', `${latest.id} came back, and is ${latest.state}`);
        }
      }
    },
    checkRemains(blobs) {
      for (const row of world.tables().scan('submissions')) {
        const mailboxId = row.rowKey.split('!')[1] ?? '';
        const removedAt = world.lives.byId(mailboxId)?.removedAt;
        if (removedAt === undefined || !/^[swi]!/.test(row.rowKey)) continue;
        // Accepted by a request that did not know of the removal, and cancelled: it stays for 7 days, as any that has ended.
        const known = all.get(submissionOf(row));
        const isCancelledSince = known !== undefined && known.insertedAt > removedAt && isEnded(known.latest);
        if (!isCancelledSince) breach('a removed mailbox leaves nothing', `submissions ${row.rowKey}`);
      }
      for (const name of blobs) {
        const known = all.get(name);
        const isNeeded = known !== undefined && !known.erased && known.latest.stored;
        if (!isNeeded && parseSubmissionId(name) !== undefined)
          breach('a removed mailbox leaves nothing', `the content of ${name}`);
      }
    },
  };
}

/** The submission that a row of the kinds `s!`, `w!` and `i!` is about. */
const submissionOf = (row: StoredRow): string =>
  row.rowKey.startsWith('s!')
    ? decodeSubmission(row).submission.id
    : row.rowKey.startsWith('i!')
      ? decodeMessageId(row).submissionId
      : decodeWaiting(row).id;
