import { shardKey, shardOfMailbox } from '../../src/lib/domain/ids.ts';
import { isFinished } from '../../src/lib/store/mailboxes/first-sync.ts';
import { decodeCursor } from '../../src/lib/store/rows/cursor-row.ts';
import { addressKey, cursorRowKey, rowsOf } from '../../src/lib/store/rows/keys.ts';
import { decodeMailbox } from '../../src/lib/store/rows/mailbox-row.ts';
import { decodeShard } from '../../src/lib/store/rows/shard-row.ts';
import { decodeState } from '../../src/lib/store/rows/state-row.ts';
import type { Deliveries } from './deliveries.ts';
import { isKeptBack } from './filters.ts';
import type { Life, Lives } from './lives.ts';
import { type MailWorld, type Physical, watchedPaths } from './mail.ts';
import type { Promises } from './promises.ts';
import type { Post } from './receiver.ts';
import type { Scheduler } from './scheduler.ts';
import type { Tables } from './tables.ts';

export interface Ended {
  readonly tables: Tables;
  readonly lives: Lives;
  readonly mail: MailWorld;
  readonly deliveries: Deliveries;
  readonly promises: Promises;
  readonly scheduler: Pick<Scheduler, 'now'>;
}

const isWatched = (path: string | undefined): boolean => (watchedPaths as readonly string[]).includes(path ?? '');

export const partitionOf = (life: Life): string => shardKey(shardOfMailbox(life.row.id) ?? 0);

/** What keeps the world from being settled; empty when everything has come to rest. */
export function unsettled(world: Ended, people: readonly string[]): string[] {
  const { tables, lives, mail } = world;
  const left: string[] = [];
  for (const address of people) {
    if (!lives.live().some((life) => life.row.address === address)) left.push(`${address} is not connected`);
  }
  for (const shard of new Set(lives.all.map(partitionOf))) {
    const row = tables.get('mail', shard, '!');
    if (row === undefined || decodeShard(row).owner !== '') left.push(`${shard} is held`);
    else if (decodeShard(row).starts !== 0) left.push(`${shard} counts ${decodeShard(row).starts} starts`);
  }
  for (const life of lives.all) {
    const { id } = life.row;
    const partition = partitionOf(life);
    if (life.removedAt !== undefined) {
      for (const kind of 'bcdeoprx') {
        for (const { rowKey } of tables.list('mail', partition, rowsOf(kind, id)))
          left.push(`${rowKey} of a removed mailbox`);
      }
      continue;
    }
    const state = tables.get('mail', partition, `b!${id}`);
    const shown = state === undefined ? undefined : decodeState(state);
    if (life.latest.paused) left.push(`${id} is paused`);
    if (shown?.state !== 'active' || shown.code !== '') left.push(`${id} is ${shown?.state} ${shown?.code}`);
    if (shown?.served !== life.latest.asked) left.push(`${id} asked ${life.latest.asked}, answered ${shown?.served}`);
    for (const kind of 'deo') {
      for (const { rowKey } of tables.list('mail', partition, rowsOf(kind, id))) left.push(`${rowKey} is left`);
    }
    for (const { id: folderId, path } of life.row.folders) {
      const folder = mail.mailbox(life.row.login).folders.get(path);
      const row = tables.get('mail', partition, cursorRowKey(id, folderId));
      const cursor = row === undefined ? undefined : decodeCursor(row);
      if (folder === undefined) continue;
      if (cursor?.uidValidity !== folder.uidValidity) left.push(`${id} ${path} is at validity ${cursor?.uidValidity}`);
      else if (cursor.lastUid !== folder.uidNext - 1)
        left.push(`${id} ${path} ends at ${cursor.lastUid} of ${folder.uidNext - 1}`);
      const { syncFrom } = life.latest;
      const isBehind =
        syncFrom !== undefined && (cursor?.backfill === undefined || !isFinished(cursor.backfill, syncFrom));
      if (isBehind) left.push(`${id} ${path} has old mail left`);
      if (cursor !== undefined && cursor.uidGaps.length + cursor.acked.length > 0)
        left.push(`${id} ${path} has holes or gaps`);
    }
  }
  return left;
}

/** Says what was lost, once the world has settled. */
export function checkMail(world: Ended): void {
  for (const life of world.lives.live()) {
    const delivered = world.deliveries.of(life);
    const told = toldOf(life, delivered.told);
    for (const message of world.mail.mailbox(life.row.login).all) {
      if (delivered.accepted.has(message) || !isOwed(world, life, message)) continue;
      if (isKeptBack(life, message, world.deliveries)) continue;
      const isThere = message.place !== undefined && isWatched(message.place.folder.path);
      if (isExcusedCopy(world, life, message)) continue;
      // Messages that the server hid for long were reported as gone; visible ones must not be.
      if (told(message) !== undefined && (!isThere || message.wasHidden || told(message) === 'given up')) continue;
      if (isThere) {
        const { folder, uid } = message.place ?? {};
        world.promises.breach(
          'nothing is lost',
          `m${message.id} in ${life.row.id} ${folder?.path} ${uid} never arrived`,
        );
      } else if (canBeTold(life, message)) {
        world.promises.breach(
          'what is gone is told',
          `m${message.id} of ${life.row.id} went before it was delivered, and nobody was told`,
        );
      }
    }
  }
}

/** Messages that came after the mailbox was connected to a folder that is watched. */
function isOwed({ mail }: Ended, life: Life, message: Physical): boolean {
  if (isOwedOld(life, message)) return true;
  const watched = message.places.filter((place) => isWatched(place.folder.path) && place.since >= life.bornAt);
  const isNew = !life.old.has(message);
  if (watched.length === 0) return false;
  if (isNew && message.bornAt >= life.bornAt && message.internalDate >= life.row.createdAt) return true;
  // What bears an old date is found by its UID alone, and a folder that is renumbered has none to find it by.
  const renumbered = [...mail.mailbox(life.row.login).folders.values()].some(
    (folder) => folder.renumberedAt >= life.bornAt,
  );
  return life.byUid && !renumbered;
}

/** Messages that were there before, in a folder that is watched, and are there still, back to the instant that was asked for. */
function isOwedOld(life: Life, message: Physical): boolean {
  const { syncFrom } = life.latest;
  const [first] = message.places.filter((place) => place.since < life.bornAt).slice(-1);
  return (
    syncFrom !== undefined &&
    message.internalDate >= syncFrom &&
    isWatched(first?.folder.path) &&
    isWatched(message.place?.folder.path) &&
    !message.wasHidden
  );
}

/** Of messages that look the same, one may be taken for the other when that has moved or does not show. */
function isExcusedCopy({ deliveries }: Ended, life: Life, message: Physical): boolean {
  const { family } = message;
  if (family.length === 1 || !deliveries.of(life).families.has(family)) return false;
  return family.some((one) => one.place === undefined || one.places.length > 1 || one.wasHidden);
}

/** Only where the cursor was in the numbers of a place when the message came there can its going be noticed. */
const canBeTold = (life: Life, message: Physical): boolean =>
  message.places.every(({ folder, since, uidValidity }) => {
    if (since < life.bornAt || !isWatched(folder.path)) return true;
    const adopted = life.adopted.get(life.row.folders.find((one) => one.path === folder.path)?.id ?? '');
    return folder.uidValidity === uidValidity && adopted !== undefined && adopted.at <= since;
  });

/** What someone was told of a message: that it has gone, by its key or by its UID, or that it was given up. */
function toldOf(life: Life, posts: readonly Post[]): (message: Physical) => 'gone' | 'given up' | undefined {
  const byKey = new Map<Physical, 'gone' | 'given up'>();
  const ranges: { path: string; from: number; to: number }[] = [];
  for (const { type, data } of posts) {
    const { messageKey, folder } = data as { messageKey?: string; folder?: { path: string } };
    const message = life.keys.get(messageKey ?? '');
    if (message !== undefined) byKey.set(message, type === 'message.vanished' ? 'gone' : 'given up');
    const told = (data.ranges ?? []) as readonly { from: number; to: number }[];
    for (const { from, to } of told) ranges.push({ path: folder?.path ?? '', from, to });
  }
  const isIn = (path: string, uid: number) =>
    ranges.some((range) => range.path === path && uid >= range.from && uid <= range.to);
  return (message) =>
    byKey.get(message) ?? (message.places.some(({ folder, uid }) => isIn(folder.path, uid)) ? 'gone' : undefined);
}

/** What is left of removed mailboxes, a day after, when the sweep has been. */
export function checkRemains({ tables, lives, promises }: Ended): void {
  const breach = (detail: string) => promises.breach('a removed mailbox leaves nothing', detail);
  const live = new Set(lives.live().map((life) => life.row.id));
  for (const row of tables.scan('mail')) {
    const id = row.rowKey.split('!')[1];
    if (row.rowKey !== '!' && !live.has(id ?? '')) breach(`mail ${row.rowKey}`);
  }
  for (const row of tables.scan('mail')) {
    if (!row.rowKey.startsWith('a!')) continue;
    const { address, grant } = decodeMailbox(row);
    const entry = tables.get('index', grant.tid, addressKey(address));
    if (entry?.values.mailboxId !== row.rowKey.slice(2))
      breach(`index of ${address} names ${String(entry?.values.mailboxId)}`);
  }
  for (const row of tables.scan('index')) {
    if (!live.has(String(row.values.mailboxId))) breach(`index ${row.rowKey} names ${String(row.values.mailboxId)}`);
  }
  const named = (text: string) => [...text.matchAll(/mbx_\d{4}_[0-9A-Za-z]{16}/g)].map(([id]) => id);
  for (const table of ['directory', 'grants'] as const) {
    const listed = tables.scan(table).flatMap((row) => named(JSON.stringify([row.values.slots, row.values.mailboxes])));
    for (const id of listed) if (!live.has(id)) breach(`${table} lists ${id}`);
    for (const id of live) if (!listed.includes(id)) breach(`${table} does not list ${id}`);
  }
}
