import { directionOf } from '../../src/lib/domain/mail/direction.ts';
import { type CompiledFilter, compileFilter, type MailboxFilter } from '../../src/lib/domain/mail/filter.ts';
import { decodeCursor } from '../../src/lib/store/rows/cursor-row.ts';
import { cursorRowKey, parseRowKey } from '../../src/lib/store/rows/keys.ts';
import type { Deliveries } from './deliveries.ts';
import type { Life, Lives } from './lives.ts';
import { type Physical, type Place, watchedPaths } from './mail.ts';
import type { Ground } from './process.ts';
import type { Promises } from './promises.ts';
import type { Post } from './receiver.ts';
import { partitionOf } from './settled.ts';
import { type Applied, rowKeyOf, type Tables } from './tables.ts';

/** The filter of a mailbox; null removes it. What Bob writes passes all of them, but where he is me. */
export const filterChoices: readonly (MailboxFilter | null)[] = [
  null,
  null,
  { except: { from: ['news@*'] } },
  { only: { from: ['bob@*', 'eva@*'] } },
  { except: { folder: [{ path: 'Archive' }], from: ['eva@*', 'news@*'] } },
  { only: { direction: 'in' }, except: { subject: ['7'] } },
];

/** A run that began before a filter was changed may go by the old one; no run takes longer, stalled or not. */
const longestRunMs = 6 * 60_000;

/** Mail servers whose clocks are ahead date mail later than this. */
const skewMs = 60_000;

const compiledFilters = new WeakMap<MailboxFilter, CompiledFilter>();

function lets(life: Life, message: Physical, { folder }: Place, filter: MailboxFilter | undefined): boolean {
  if (filter === undefined) return true;
  const compiled = compiledFilters.get(filter) ?? compileFilter(filter);
  compiledFilters.set(filter, compiled);
  const { sender, subject } = message;
  const { path, role } = folder;
  return (
    compiled({
      folder: { path, role },
      size: undefined,
      from: [sender],
      to: [],
      subject,
      hasAttachment: false,
      autoReply: false,
      direction: directionOf(role, sender, life.row.address),
    }) === 'passes'
  );
}

const isWatched = ({ folder }: Place): boolean => (watchedPaths as readonly string[]).includes(folder.path);

/** Every filter that was in force when the message may have been looked at, in every place where it was. */
function* verdicts(life: Life, message: Physical, slackMs: number): Iterable<boolean> {
  for (const place of message.places.filter(isWatched)) {
    for (const [at, { filter }] of life.filters.entries()) {
      const end = life.filters[at + 1]?.from ?? Number.POSITIVE_INFINITY;
      if (end >= place.since - slackMs) yield lets(life, message, place, filter);
    }
  }
}

/** True if no filter was ever in the way of a message. */
export function isLetThrough(life: Life, message: Physical): boolean {
  for (const passed of verdicts(life, message, longestRunMs)) if (!passed) return false;
  return true;
}

/**
 * True if it may be right that a message does not arrive: a filter was in its way before it was posted for the first
 * time; or filters changed, so that in a renumbered folder it cannot be distinguished from filtered mail.
 */
export function isKeptBack(life: Life, message: Physical, deliveries: Deliveries): boolean {
  if (deliveries.of(life).sent.has(message) && !isAnotherAfterMove(message)) return false;
  return !isLetThrough(life, message) || (life.filters.length > 1 && wasRenumbered(life, message));
}

/**
 * True if a message was moved beyond recognition, so that it counts as new: the sent folder takes no part in moves, and
 * a message that never passed a server is identified by its INTERNALDATE, which some servers change.
 */
function isAnotherAfterMove({ places, received, mailbox }: Physical): boolean {
  const isCrossed = new Set(places.map(({ folder }) => folder.role === 'sent')).size > 1;
  const isMoved = new Set(places.map(({ folder }) => folder)).size > 1;
  return isCrossed || (isMoved && received === undefined && mailbox.stampsAnew);
}

/** Whether a message lay in a folder before the cursor came to be in the numbers that the folder has now. */
const wasRenumbered = (life: Life, { places }: Physical): boolean =>
  places.some(({ folder, since }) => {
    const { id = '' } = life.row.folders.find(({ path }) => path === folder.path) ?? {};
    return since <= (life.adopted.get(id)?.at ?? 0);
  });

/** Watches that what filters keep back stays in its mailbox, also when they are changed. */
export interface Filters {
  /** Called before any other observer of a write. */
  onApplied(write: Applied): void;
  /** Called before a POST is recorded. */
  sending(post: Post): void;
}

export function createFilters(
  { scheduler }: Ground,
  promises: Promises,
  tables: () => Tables,
  lives: Lives,
  deliveries: Deliveries,
): Filters {
  /** What was looked at and kept back, and that the cursor has passed; with how often it was moved. */
  const passed = new Map<Life, Map<Physical, number>>();

  /** Messages that the filter before this change has settled. */
  function note(life: Life): void {
    const { row } = life;
    const found = passed.get(life) ?? new Map<Physical, number>();
    passed.set(life, found);
    const { sent } = deliveries.of(life);
    for (const { id, path } of row.folders) {
      const stored = tables().get('mail', partitionOf(life), cursorRowKey(row.id, id));
      if (stored === undefined) continue;
      const { uidValidity, lastUid, uidGaps } = decodeCursor(stored);
      for (const message of lives.boxOf(life).folders.get(path)?.messages ?? []) {
        const { place } = message;
        if (place === undefined || place.uidValidity !== uidValidity || place.uid > lastUid) continue;
        const isOpen = uidGaps.some(({ from, to }) => place.uid >= from && place.uid <= to);
        // Of a date that was still to come when the mail was looked at the engine believes no more than its own time: where
        // the folder is renumbered after that, the mail counts as new.
        const isDated = message.internalDate.getTime() < Math.min(scheduler.now() - skewMs, place.since);
        if (isOpen || !isDated || sent.has(message) || life.old.has(message)) continue;
        if (isStopped(life, message)) found.set(message, moves(message));
      }
    }
  }

  return {
    onApplied({ table, operations }) {
      if (table !== 'mail') return;
      for (const operation of operations) {
        const key = parseRowKey(rowKeyOf(operation));
        if (key?.kind !== 'settings' && key?.kind !== 'job') continue;
        const life = lives.byId(key.mailboxId);
        // A replay goes by the filter of today.
        if (life !== undefined && key.kind === 'job') passed.delete(life);
        if (life !== undefined && key.kind === 'settings' && 'row' in operation) note(life);
      }
    },
    sending({ type, message, mailboxId, data }) {
      const life = lives.byId(mailboxId);
      if (type !== 'message.received' || message === undefined || life === undefined) return;
      // For a message that may crash the process, filter traits are not fetched.
      const isWhole = Array.isArray(data.to) && data.to.length > 0;
      if (message.wasHidden || !isWhole || deliveries.of(life).sent.has(message)) return;
      const breach = (what: string) =>
        promises.breach('what a filter keeps back stays in the mailbox', `m${message.id} of ${life.row.id} ${what}`);
      // A first sync that was not done when its folder was renumbered continues by date, and by the filter of today.
      const isLookedAtAgain = data.seemsNew === false && wasRenumbered(life, message);
      // A copy that a filter let through and its owner moved is taken for any other copy of the same mail.
      const isAnyCopyLetThrough = message.family.some((copy) => !isStopped(life, copy));
      if (isStopped(life, message) && !isAnyCopyLetThrough) breach('is posted, which no filter let through');
      else if (message.family.length > 1 || isLookedAtAgain) return;
      else if (passed.get(life)?.get(message) === moves(message)) {
        breach('was kept back, and is posted after the filter was changed');
      }
    },
  };
}

/** True if every filter that was in force kept the message back, wherever it was. */
function isStopped(life: Life, message: Physical): boolean {
  for (const passed of verdicts(life, message, longestRunMs)) if (passed) return false;
  return true;
}

/** How often a message was put somewhere by its owner: a folder that is renumbered leaves it where it was. */
const moves = ({ places }: Physical): number =>
  places.filter(({ folder, uidValidity }, at) => {
    const before = places[at - 1];
    return folder !== before?.folder || uidValidity === before.uidValidity;
  }).length;
