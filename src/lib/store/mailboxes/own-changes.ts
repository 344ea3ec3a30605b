import { z } from 'zod';
import { sameBytes } from '../../domain/bytes.ts';
import { dayMs } from '../../domain/duration.ts';
import { columns, instant, pieces, readColumns, text } from '../table/columns.ts';
import { reachingStore } from '../table/modify.ts';
import { batchLimits, isStoreError, type Store, type StoredRow } from '../table/table.ts';

/** The flags that events tell. */
export interface Flags {
  readonly seen: boolean;
  readonly flagged: boolean;
  readonly answered: boolean;
}

/** What one request over HTTP does to messages of one folder. */
export interface OwnChange {
  readonly requestId: string;
  /** The messages, by their hashes (8 bytes each), at most 100. */
  readonly hashes: readonly Uint8Array[];
  /** Flags that it sets; what is left out stays. */
  readonly flags: Partial<Flags>;
  /** Id of the folder that it moves them to, '' for deletion; undefined if they stay. */
  readonly to: string | undefined;
}

/** What is known of one message: the request, and what it did. */
export type OwnCause = Omit<OwnChange, 'hashes'>;

/**
 * Changes that callers made over HTTP, so that their events can say `causedBy`. The process that makes a change notes
 * it right before; the worker that sends the event deletes the note. Notes are kept for a day, the newest {@link
 * mostRead} of a mailbox are read. If a note is lost, its event only lacks `causedBy`.
 */
export interface OwnChanges {
  /** @throws BrokerError `storage_unreachable` */
  note(mailboxId: string, change: OwnChange): Promise<void>;
  /**
   * Takes what is noted of these messages, the newest first, and removes it: a note counts for one event, whether it
   * explains that event or not, so that what others do to the message later is not taken for ours.
   * @returns by message, in the order of `hashes`; empty for a message of which nothing is noted
   * @throws BrokerError `storage_unreachable` | `row_broken` | `row_newer`
   */
  take(mailboxId: string, hashes: readonly Uint8Array[]): Promise<readonly (readonly OwnCause[])[]>;
  /** Removes all of a mailbox. Safe to repeat. */
  forget(mailboxId: string): Promise<void>;
  /** Removes what is older than a day, of all mailboxes. @returns how many notes */
  purge(): Promise<number>;
}

/** A note counts for so long. Flags are compared within the hour, unless the destination is held. */
const keptMs = dayMs;

/** Notes of a mailbox that a worker reads: 1 KB each. */
const mostRead = 100;

const hashBytes = 8;
const mostHashes = 100;

const form = z.object({
  requestId: text,
  at: instant,
  hashes: pieces(hashBytes, mostHashes),
  seen: z.boolean().optional(),
  flagged: z.boolean().optional(),
  answered: z.boolean().optional(),
  to: text.optional(),
});

// The newest comes first. Two notes of a request are of two folders.
const rowKeyOf = (at: number, requestId: string, n: number): string =>
  `${String(9_999_999_999_999 - at).padStart(13, '0')}!${requestId}!${n}`;

const split = (bytes: Uint8Array): Uint8Array[] =>
  Array.from({ length: bytes.length / hashBytes }, (_, n) => bytes.subarray(n * hashBytes, (n + 1) * hashBytes));

export function createOwnChanges({ store }: { readonly store: Store }): OwnChanges {
  const table = store.table('changes');
  let count = 0;

  const remove = async (rows: readonly StoredRow[]): Promise<void> => {
    for (const { partitionKey, rowKey, etag } of rows) {
      await table.delete(partitionKey, rowKey, etag).catch((error: unknown) => {
        // Taken or swept meanwhile.
        if (!isStoreError(error, 'conflict', 'missing')) throw error;
      });
    }
  };

  return {
    note: (mailboxId, { requestId, hashes, flags, to }) =>
      reachingStore(async () => {
        const at = store.time.whenWriting();
        count += 1;
        await table.insert({
          partitionKey: mailboxId,
          rowKey: rowKeyOf(at, requestId, count),
          values: columns({
            ...{ requestId, at: new Date(at), hashes: Buffer.concat(hashes.slice(0, mostHashes)) },
            ...flags,
            to,
          }),
        });
      }),
    take: (mailboxId, wanted) =>
      reachingStore(async () => {
        const found = wanted.map((): OwnCause[] => []);
        const now = store.time.whenJudging();
        for (const row of await table.list(mailboxId, { most: mostRead })) {
          const { at, hashes, requestId, to, ...flags } = readColumns(row, form);
          if (now - at.getTime() > keptMs) continue;
          const cause: OwnCause = { requestId, to, flags: definedOf(flags) };
          const left = split(hashes).filter((hash) => {
            const n = wanted.findIndex((each) => sameBytes(each, hash));
            if (n >= 0) found[n]?.push(cause);
            return n < 0;
          });
          if (left.length * hashBytes === hashes.length) continue;
          if (left.length === 0) await remove([row]);
          else await table.replace({ ...row, values: { ...row.values, hashes: Buffer.concat(left) } }, row.etag);
        }
        return found;
      }),
    forget: (mailboxId) => reachingStore(async () => remove(await table.list(mailboxId))),
    purge: () =>
      reachingStore(async () => {
        const before = store.time.whenJudging() - keptMs;
        let old: StoredRow[] = [];
        let removed = 0;
        const flush = async () => {
          await remove(old);
          removed += old.length;
          old = [];
        };
        for await (const row of table.scan()) {
          const { at } = row.values;
          if (at instanceof Date && at.getTime() >= before) continue;
          old.push(row);
          if (old.length === batchLimits.operations) await flush();
        }
        await flush();
        return removed;
      }),
  };
}

const definedOf = ({ seen, flagged, answered }: { [K in keyof Flags]?: boolean | undefined }): Partial<Flags> => ({
  ...(seen === undefined ? {} : { seen }),
  ...(flagged === undefined ? {} : { flagged }),
  ...(answered === undefined ? {} : { answered }),
});
