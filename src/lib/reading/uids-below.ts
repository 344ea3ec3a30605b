import type { SearchObject } from 'imapflow';
import type { OpenFolder } from '../mailbox/session/session.ts';

// Of a folder without gaps this holds a page; with gaps it grows.
const firstWindow = 200;
const growth = 8;

/**
 * UIDs of the open folder below `bound`, newest first, in batches that are not empty. Without a search it asks for one
 * stretch of UIDs after the other, so that a folder of 50,000 messages costs no more than one of 200.
 * @throws BrokerError `imap_unexpected` if the server refuses the search
 */
export async function* uidsBelow(
  folder: Pick<OpenFolder, 'search'>,
  bound: number,
  search: SearchObject | undefined,
): AsyncGenerator<readonly number[]> {
  if (bound <= 1) return;
  if (search !== undefined) {
    const uids = await within(folder, { ...search, uid: `1:${bound - 1}` }, 1, bound - 1);
    if (uids.length > 0) yield uids;
    return;
  }
  let width = firstWindow;
  for (let last = bound - 1; last >= 1; ) {
    const first = Math.max(1, last - width + 1);
    const uids = await within(folder, { uid: `${first}:${last}` }, first, last);
    if (uids.length > 0) yield uids;
    last = first - 1;
    width *= growth;
  }
}

/** A server may answer what was not asked for. */
async function within(
  folder: Pick<OpenFolder, 'search'>,
  query: SearchObject,
  first: number,
  last: number,
): Promise<readonly number[]> {
  return (await folder.search(query)).filter((uid) => uid >= first && uid <= last).reverse();
}
