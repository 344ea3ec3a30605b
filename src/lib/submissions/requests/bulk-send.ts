import type { Clock } from '../../domain/clock.ts';
import { type Submission, type SubmissionState, shownState } from '../../domain/submission.ts';
import type { BrokerError, ErrorCode, FieldFault } from '../../errors.ts';
import { toBrokerError } from '../../http/problem.ts';
import type { SendRequest } from './send-request.ts';

/** What became of one message of a bulk request. */
export type BulkItem = { readonly index: number } & (
  | { readonly outcome: 'accepted'; readonly id: string; readonly state: SubmissionState }
  /** It will not be accepted as it is. */
  | {
      readonly outcome: 'refused';
      readonly code: ErrorCode;
      readonly detail: string;
      readonly fields: readonly FieldFault[];
    }
  /** The same request with the same key takes it. */
  | { readonly outcome: 'left'; readonly code: ErrorCode | undefined }
);

export interface BulkAnswer {
  readonly counts: { readonly accepted: number; readonly refused: number; readonly left: number };
  /** In the order of the messages. */
  readonly items: readonly BulkItem[];
}

/** Messages that are composed and stored at a time. */
const atOnce = 8;

/** No message is begun after this; Azure ends a request after 230 s, and a message may take a minute. */
const beginWithinMs = 120_000;

/**
 * Hands the messages of a bulk request over, some at a time. One that is refused does not keep the others.
 * @param take hands over one message
 * @throws BrokerError what the first message met, where none could be taken for a reason that passes
 */
export async function sendBulk(
  messages: readonly SendRequest[],
  take: (message: SendRequest, index: number) => Promise<Submission>,
  clock: Pick<Clock, 'now' | 'monotonic'>,
): Promise<BulkAnswer> {
  const untilMs = clock.monotonic() + beginWithinMs;
  const items: BulkItem[] = [];
  let passing: BrokerError | undefined;
  const one = async (message: SendRequest, index: number): Promise<BulkItem> => {
    if (clock.monotonic() >= untilMs) return { index, outcome: 'left', code: undefined };
    try {
      const submission = await take(message, index);
      return { index, outcome: 'accepted', id: submission.id, state: shownState(submission, new Date(clock.now())) };
    } catch (caught) {
      const error = toBrokerError(caught);
      if (error.status >= 500 || error.code === 'conflict') {
        passing ??= error;
        return { index, outcome: 'left', code: error.code };
      }
      const fields = error.fields.map(({ field, message: why }) => ({
        field: `messages.${index}.${field}`,
        message: why,
      }));
      return { index, outcome: 'refused', code: error.code, detail: error.message, fields };
    }
  };
  const queue = messages.entries();
  const worker = async () => {
    for (const [index, message] of queue) items[index] = await one(message, index);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const count = (wanted: BulkItem['outcome']) => items.filter(({ outcome }) => outcome === wanted).length;
  const counts = { accepted: count('accepted'), refused: count('refused'), left: count('left') };
  if (passing !== undefined && counts.left === items.length) throw passing;
  return { counts, items };
}
