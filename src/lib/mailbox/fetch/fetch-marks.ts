import { submissionHeader } from '../../domain/submission.ts';
import { rawHeaders } from '../mime/raw-headers.ts';
import type { FetchVerb } from '../session/fetch-verb.ts';
import type { SentMark } from '../session/session.ts';
import { pieces, uidSet } from './uid-set.ts';

const query = { uid: true, headers: [submissionHeader, 'Message-ID'] };

// As fetch-meta.ts: a command line below 2 KB even for scattered UIDs.
const chunk = 100;

/** By what the copies in Sent are known, ascending by UID. A UID without an answer is left out. */
export async function fetchMarks(fetch: FetchVerb, uids: readonly number[]): Promise<SentMark[]> {
  const wanted = [...new Set(uids)].sort((a, b) => a - b);
  const found: SentMark[] = [];
  for (const some of pieces(wanted, chunk)) {
    const { messages } = await fetch(uidSet(some), query);
    for (const { uid, headers } of messages) {
      if (typeof uid !== 'number' || headers === undefined) continue;
      const raw = rawHeaders(headers);
      found.push({ uid, submissionId: raw.get(submissionHeader.toLowerCase()), messageId: raw.get('message-id') });
    }
  }
  return found.sort((a, b) => a.uid - b.uid);
}
