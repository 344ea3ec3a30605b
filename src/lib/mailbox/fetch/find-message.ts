import { dayMs } from '../../domain/duration.ts';
import type { MessageMeta, ReadMessage } from '../../domain/mail/message.ts';
import { hasHash, isSameMail, messageHash } from '../../domain/mail/message-identity.ts';
import { BrokerError, isBrokerError } from '../../errors.ts';
import type { WatchedFolder } from '../../store/rows/rows.ts';
import type { MailSession } from '../session/session.ts';
import { searchDays } from './search-days.ts';

/** Where a message was last seen, and by what it is known again; see delivery/events/message-ref.ts. */
export interface MessagePlace {
  readonly folderId: string;
  readonly uidValidity: bigint;
  readonly uid: number;
  readonly hash: Uint8Array;
  readonly day: number;
}

// Of a day with more messages than this the newest are looked through.
const mostCandidates = 2_000;

/**
 * Reads the message that a reference means: where it was last seen, or, if it is not there any more, wherever in the
 * watched folders the same mail lies under its day.
 * @throws BrokerError `message_gone`, and what the mailbox throws
 */
export async function readReferenced(
  session: MailSession,
  folders: readonly WatchedFolder[],
  place: MessagePlace,
  capBytes: number,
): Promise<ReadMessage> {
  const isIt = (meta: MessageMeta): boolean => !hasHash(place.hash) || isSameMail(messageHash(meta), place.hash);
  const own = folders.filter(({ id }) => id === place.folderId);
  const read = async (path: string, metas: readonly MessageMeta[]): Promise<ReadMessage | undefined> => {
    for (const meta of metas.filter(isIt)) {
      const message = await session.read(path, meta, { capBytes });
      if (message !== undefined) return message;
    }
    return undefined;
  };
  const whereItWas = async (path: string): Promise<ReadMessage | undefined> => {
    if ((await session.status(path)).uidValidity !== place.uidValidity) return undefined;
    return read(path, await session.fetchMeta(path, [place.uid]));
  };
  const anywhereIn = async (path: string): Promise<ReadMessage | undefined> => {
    if (!hasHash(place.hash)) return undefined;
    const day = new Date(place.day * dayMs);
    return read(
      path,
      await session.fetchMeta(path, (await searchDays(session, path, day, day)).slice(-mostCandidates)),
    );
  };
  const looks = [
    ...own.map(
      ({ path }) =>
        () =>
          whereItWas(path),
    ),
    ...[...own, ...folders.filter((folder) => !own.includes(folder))].map(
      ({ path }) =>
        () =>
          anywhereIn(path),
    ),
  ];
  for (const look of looks) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      // A folder that is not there holds nothing.
      if (!isBrokerError(error, 'folder_missing')) throw error;
    }
  }
  throw new BrokerError('message_gone');
}
