import { messageKey } from '../../src/lib/domain/ids.ts';
import type { MailboxFilter } from '../../src/lib/domain/mail/filter.ts';
import type { SendVia } from '../../src/lib/domain/submission.ts';
import { decodeCursor } from '../../src/lib/store/rows/cursor-row.ts';
import { addressKey, parseRowKey } from '../../src/lib/store/rows/keys.ts';
import { decodeMailbox } from '../../src/lib/store/rows/mailbox-row.ts';
import type { CursorRow, MailboxRow } from '../../src/lib/store/rows/rows.ts';
import { decodeSettings } from '../../src/lib/store/rows/settings-row.ts';
import type { MailWorld, Physical, Place, SimMailbox } from './mail.ts';
import type { Ground } from './process.ts';
import { type Applied, rowKeyOf } from './tables.ts';

/** A mailbox of the broker from its connection to its removal. */
export interface Life {
  readonly row: MailboxRow;
  /** As it stands in the table now. */
  latest: MailboxRow;
  readonly bornAt: number;
  /** Messages that were there when it was connected, and so need no delivery where they are. */
  readonly old: ReadonlySet<Physical>;
  /** True if every folder began at a UID; else by date. */
  readonly byUid: boolean;
  removedAt: number | undefined;
  /** Per folder id: since when the cursor has been in the numbers of which UIDVALIDITY. */
  readonly adopted: Map<string, { readonly uidValidity: unknown; readonly at: number }>;
  /** By key: every key that a message would have got at a place where it was. */
  readonly keys: Map<string, Physical>;
  /** By which ways it was to send, from when on. */
  readonly vias: { readonly from: number; readonly via: SendVia }[];
  /** Which filter it had from when on; the last one is the one it has. */
  readonly filters: { readonly from: number; readonly filter: MailboxFilter | undefined }[];
}

/** Keeps the records on mailboxes as the table shows them. */
export interface Lives {
  readonly all: readonly Life[];
  byId(id: string): Life | undefined;
  /** That are not removed. */
  live(): readonly Life[];
  boxOf(life: Life): SimMailbox;
  onApplied(write: Applied): void;
  onPlaced(message: Physical, place: Place): void;
}

/** @param twice told when two mailboxes of one address are alive at the same time */
export function createLives(ground: Ground, mail: () => MailWorld, twice: (address: string) => void): Lives {
  const { scheduler, trace } = ground;
  const all: Life[] = [];
  const byId = new Map<string, Life>();

  function born(row: MailboxRow, cursors: readonly CursorRow[]): void {
    const box = mail().mailbox(row.login);
    const old = new Set<Physical>();
    for (const message of box.all) {
      const { place } = message;
      const cursor = cursors.find((one) => one.path === place?.folder.path);
      const isNew =
        place !== undefined &&
        cursor !== undefined &&
        cursor.baselineFrom === undefined &&
        cursor.uidValidity === place.uidValidity &&
        place.uid > cursor.lastUid;
      if (!isNew) old.add(message);
    }
    const byUid = cursors.every(
      (cursor) => cursor.baselineFrom === undefined && cursor.uidValidity === box.folders.get(cursor.path)?.uidValidity,
    );
    const life: Life = {
      row,
      latest: row,
      bornAt: scheduler.now(),
      old,
      byUid,
      removedAt: undefined,
      adopted: new Map(),
      keys: new Map(),
      vias: [{ from: scheduler.now(), via: row.sendVia ?? 'auto' }],
      filters: [{ from: scheduler.now(), filter: undefined }],
    };
    const before = all.filter((one) => one.row.address === row.address).length;
    const short = `${row.login.split('@')[0] ?? ''}${"'".repeat(before)}`;
    trace.name(row.id, short);
    for (const folder of row.folders) trace.name(folder.id, folder.path);
    if (live().some((other) => addressKey(other.latest.address) === addressKey(row.address))) twice(row.address);
    all.push(life);
    byId.set(row.id, life);
    for (const message of box.all) for (const place of message.places) note(life, message, place);
  }

  function note(life: Life, message: Physical, place: Place): void {
    const folder = life.row.folders.find((one) => one.path === place.folder.path);
    if (folder === undefined) return;
    const { uidValidity, uid } = place;
    const key = messageKey({ mailboxId: life.row.id, folderId: folder.id, uidValidity, uid });
    life.keys.set(key, message);
    trace.name(key, `k${message.id}/${folder.path}/${uid}`);
  }

  function adopt(mailboxId: string, folderId: string, uidValidity: unknown): void {
    const adopted = byId.get(mailboxId)?.adopted;
    if (adopted?.get(folderId)?.uidValidity === uidValidity) return;
    adopted?.set(folderId, { uidValidity, at: scheduler.now() });
  }

  /** A mailbox that is born with a filter was never without. */
  function filtered(mailboxId: string, filter: MailboxFilter | undefined): void {
    const life = byId.get(mailboxId);
    if (life === undefined) return;
    const from = scheduler.now();
    if (from === life.bornAt) life.filters.length = 0;
    life.filters.push({ from, filter });
  }

  const live = () => all.filter((life) => life.removedAt === undefined);

  return {
    all,
    byId: (id) => byId.get(id),
    live,
    boxOf: (life) => mail().mailbox(life.row.login),
    onPlaced(message, place) {
      for (const life of all) if (life.row.login === message.mailbox.login) note(life, message, place);
    },
    onApplied({ table, operations }) {
      if (table !== 'mail') return;
      for (const operation of operations) {
        if (!('row' in operation)) continue;
        const key = parseRowKey(rowKeyOf(operation));
        if (key?.kind === 'cursor') adopt(key.mailboxId, key.folderId, operation.row.values.uidValidity);
        if (key?.kind === 'settings') {
          filtered(key.mailboxId, decodeSettings({ ...operation.row, etag: '' }).filter);
        }
        if (key?.kind !== 'mailbox') continue;
        const row = decodeMailbox({ ...operation.row, etag: '' });
        const life = byId.get(row.id);
        if (life === undefined) {
          const cursors = operations.flatMap((one) =>
            'row' in one && one.row.rowKey.startsWith('c!') ? [decodeCursor({ ...one.row, etag: '' })] : [],
          );
          born(row, cursors);
        } else {
          life.latest = row;
          const via = row.sendVia ?? 'auto';
          if (life.vias.at(-1)?.via !== via) life.vias.push({ from: scheduler.now(), via });
          if (row.deletedAt !== undefined) life.removedAt ??= scheduler.now();
        }
      }
    },
  };
}
