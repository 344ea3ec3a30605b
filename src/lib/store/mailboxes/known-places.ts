import { shardKey, shardOfMailbox } from '../../domain/ids.ts';
import { hasHash, isSameMail } from '../../domain/mail/message-identity.ts';
import { decodeCursor } from '../rows/cursor-row.ts';
import { rowsOf } from '../rows/keys.ts';
import { decodeRecentMessages } from '../rows/recent-messages-row.ts';
import type { RecentMessage } from '../rows/rows.ts';
import { unlessUnreadable } from '../table/columns.ts';
import type { Store, StoredRow } from '../table/table.ts';

/** Where a message lies, as far as the polls have come. */
export interface KnownPlace {
  readonly folderId: string;
  readonly uidValidity: bigint;
  readonly uid: number;
}

/** A message that the polls know. */
export interface KnownMessage extends KnownPlace {
  /** The 16 bytes behind the messageKey. */
  readonly key: Uint8Array;
  readonly hash: Uint8Array;
  /** See {@link RecentMessage.gone}; `unplaced`: a renumbered folder did not show it. */
  readonly gone: RecentMessage['gone'] | 'unplaced';
}

/** The recent messages of all watched folders of a mailbox; a row that cannot be read tells nothing. */
export async function knownMessages(store: Store, mailboxId: string): Promise<readonly KnownMessage[]> {
  const shard = shardOfMailbox(mailboxId);
  if (shard === undefined) return [];
  const list = (kind: string) => store.table('mail').list(shardKey(shard), rowsOf(kind, mailboxId));
  const [cursors, recentMessages] = await Promise.all([list('c'), list('r')]);
  const folders = [
    ...cursors
      .flatMap((row) => readable(row, decodeCursor))
      .map(({ fresh, ...cursor }) => ({ ...cursor, entries: fresh })),
    ...recentMessages.flatMap((row) => readable(row, decodeRecentMessages)),
  ];
  return folders.flatMap(({ folderId, uidValidity, entries }) =>
    entries.map(({ uid, key, hash, gone }) => ({
      ...{ folderId, uidValidity, uid, key, hash },
      gone: uid === 0 ? 'unplaced' : gone,
    })),
  );
}

/**
 * Where the messages of this hash are in a mailbox: the one that moved, and its copies. The recent messages follow a
 * message even if its server changes its date, but hold only the newest of each folder.
 * @returns an empty list where no row says so
 */
export async function knownPlaces(store: Store, mailboxId: string, hash: Uint8Array): Promise<readonly KnownPlace[]> {
  if (!hasHash(hash)) return [];
  const known = await knownMessages(store, mailboxId);
  return known
    .filter((message) => message.gone === undefined && isSameMail(message.hash, hash))
    .map(({ folderId, uidValidity, uid }) => ({ folderId, uidValidity, uid }));
}

function readable<T>(row: StoredRow, decode: (row: StoredRow) => T): T[] {
  const read = unlessUnreadable(() => decode(row));
  return read === undefined ? [] : [read];
}
