import { decodeCursor } from '../../src/lib/store/rows/cursor-row.ts';
import { cursorRowKey } from '../../src/lib/store/rows/keys.ts';
import { isLetThrough } from './filters.ts';
import type { Life } from './lives.ts';
import { type Physical, watchedPaths } from './mail.ts';
import type { Record, Records } from './records.ts';
import { type Ended, partitionOf } from './settled.ts';

const dayMs = 86_400_000;

/** What happens to older mail is not followed; a day less, since days are counted. */
const followedMs = 13 * dayMs;

/** True when the flags of all folders were compared after `since`. */
export function areCompared({ tables, lives }: Ended, since: number): boolean {
  return lives.live().every((life) =>
    life.row.folders.every((folder) => {
      const row = tables.get('mail', partitionOf(life), cursorRowKey(life.row.id, folder.id));
      return row !== undefined && (decodeCursor(row).flagsAt?.getTime() ?? 0) >= since;
    }),
  );
}

/** Compares what the receivers know with what the mailboxes hold, once everything was compared and told. */
export function checkTruth(world: Ended, records: Records): void {
  const { breach } = world.promises;
  for (const life of world.lives.live()) {
    const state = records.stateOf(life);
    if (state !== 'mailbox.connected' && state !== 'mailbox.recovered') {
      breach('what is told is true', `${life.row.id} is active, and the last that was told is ${state}`);
    }
    const byMessage = new Map<Physical, Record[]>();
    for (const record of records.of(life).values()) {
      byMessage.set(record.message, [...(byMessage.get(record.message) ?? []), record]);
    }
    for (const [message, known] of byMessage) {
      const isLoose =
        known.some(({ forced }) => forced) || !isFollowed(world, message) || isAbandoned(world, life, message);
      const wrong = isLoose ? undefined : differs(life, message, known);
      if (wrong !== undefined) breach('what is told is true', `m${message.id} of ${life.row.id}: ${wrong}`);
    }
  }
}

/** A message that is indistinguishable from its copies, was hidden, or is too old does not count. */
const isFollowed = ({ scheduler }: Ended, message: Physical): boolean =>
  message.family.length === 1 && !message.wasHidden && scheduler.now() - message.arrivedAt.getTime() < followedMs;

/**
 * True for old mail that was posted, without its acceptance being heard, before it was no longer wanted: it is unknown
 * that the receiver has it.
 */
function isAbandoned({ deliveries }: Ended, life: Life, message: Physical): boolean {
  const { syncFrom } = life.latest;
  if (!life.old.has(message) || (syncFrom !== undefined && message.internalDate >= syncFrom)) return false;
  const posts = [...deliveries.of(life).byKey.values()].filter((post) => post.message === message);
  return posts.some(({ heard }) => heard !== 'accepted');
}

/** A message has a record for each time that it went in or out of the sent folder; one of them is where it is. */
function differs(life: Life, message: Physical, records: readonly Record[]): string | undefined {
  const { place, places, flags } = message;
  const there = records.filter((record) => !record.removed);
  const isWatched = place !== undefined && (watchedPaths as readonly string[]).includes(place.folder.path);
  const here = isWatched ? there.filter((record) => record.path === place.folder.path) : [];
  const elsewhere = there.filter((record) => !here.includes(record)).map((record) => record.path);
  const [record] = here;
  if (isWatched && record === undefined && isLetThrough(life, message)) {
    return `lies in ${place.folder.path}, and is known to be in ${elsewhere.join(', ') || 'no folder'}`;
  }
  // Messages that disappeared from a folder when it was renumbered are only counted, in `folder.reset`.
  const wasRenumbered = places.some(({ folder, uidValidity }) => folder.uidValidity !== uidValidity);
  if (elsewhere.length > 0 && !wasRenumbered) return `is known to be in ${elsewhere.join(', ')}, and is not`;
  const told = JSON.stringify(record?.flags ?? flags);
  return told === JSON.stringify(flags) ? undefined : `has ${JSON.stringify(flags)}, and is known to have ${told}`;
}
