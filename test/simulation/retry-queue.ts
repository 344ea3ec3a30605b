import { messageKeyFromBytes } from '../../src/lib/domain/ids.ts';
import { rowsOf } from '../../src/lib/store/rows/keys.ts';
import { decodeDead, decodeRetry } from '../../src/lib/store/rows/retry-row.ts';
import type { Physical, SimMailbox } from './mail.ts';
import { type Ended, partitionOf } from './settled.ts';

/** Messages of a mailbox that are tried by themselves, or were given up, in the folders between which messages move. */
export function inRetryQueue({ tables, lives }: Ended, mailbox: SimMailbox): readonly Physical[] {
  const of = lives.live().filter((life) => life.row.login === mailbox.login);
  return of.flatMap((life) => {
    const rows = (kind: string) => tables.list('mail', partitionOf(life), rowsOf(kind, life.row.id));
    const marks = [...rows('d').map(decodeRetry), ...rows('x').map(decodeDead)];
    return marks
      .flatMap(({ key }) => life.keys.get(messageKeyFromBytes(key)) ?? [])
      .filter(({ place }) => place?.folder.path === 'INBOX' || place?.folder.path === 'Archive');
  });
}
