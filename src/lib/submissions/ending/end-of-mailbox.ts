import { isEnded, type Submission } from '../../domain/submission.ts';
import { orphaned, takeoverMs, unknownNow } from '../../domain/submission-steps.ts';
import { parseSubmissionId } from '../../store/submissions/submission-keys.ts';
import { asBrokerError } from '../../store/table/modify.ts';
import { changeAndFinish, type FinishParts } from './finish.ts';

/**
 * Ends the submissions of a removed mailbox: waiting ones are cancelled, with an event; ones being sent may end; for
 * ones with an unknown outcome there is no Sent folder left to look into. Then their rows and blobs are deleted; the
 * idempotency keys stay. May be repeated.
 * @returns how many attempts are under way: as long as there are some, the mailbox cannot be erased
 * @throws BrokerError `storage_unreachable` | `conflict`
 */
export async function endSubmissions(parts: FinishParts, mailboxId: string): Promise<number> {
  try {
    return await endAll(parts, mailboxId);
  } catch (error) {
    throw asBrokerError(error);
  }
}

async function endAll(parts: FinishParts, mailboxId: string): Promise<number> {
  const now = () => new Date(parts.store.time.whenJudging());
  let underWay = 0;
  for (const { id } of await parts.rows.waitingOf(mailboxId)) {
    const after = await changeAndFinish(parts, id, (current) =>
      isUnderWay(current, now()) ? undefined : (orphaned(current, now()) ?? unknownNow(current, now())),
    );
    if (after !== undefined && !isEnded(after)) underWay += 1;
  }
  if (underWay > 0) return underWay;
  for (let after: string | undefined, page = await parts.rows.page(mailboxId, after, pageSize); page.length > 0; ) {
    for (const { submission } of page) if (submission.stored) await parts.mail.drop(submission.id);
    if (page.length < pageSize) break;
    after = keyOf(page.at(-1)?.submission);
    page = await parts.rows.page(mailboxId, after, pageSize);
  }
  await parts.rows.erase(mailboxId);
  return 0;
}

const pageSize = 200;

const isUnderWay = ({ state, mark }: Submission, now: Date): boolean =>
  state === 'sending' && mark !== undefined && now.getTime() < mark.until.getTime() + takeoverMs;

const keyOf = (submission: Submission | undefined): string | undefined =>
  submission && parseSubmissionId(submission.id)?.key;
