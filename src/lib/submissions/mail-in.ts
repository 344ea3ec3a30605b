import { dayMs, hourMs, minuteMs } from '../domain/duration.ts';
import type { ReadMessage } from '../domain/mail/message.ts';
import type { Submission } from '../domain/submission.ts';
import { bounced, copySeen } from '../domain/submission-reports.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import { accountHoldKey, laneOf, tenantHoldKey } from '../store/submissions/submission-keys.ts';
import type { StoredSubmission } from '../store/submissions/submissions.ts';
import type { SentMail } from '../sync/state/types.ts';
import { endSubmissions } from './ending/end-of-mailbox.ts';
import { changeAndFinish } from './ending/finish.ts';
import { createHolds } from './holds.ts';
import { type BounceMeaning, readBounce } from './read-bounce.ts';
import { openContent } from './sealed-content.ts';
import { suppressGone } from './suppress.ts';
import type { SendingDeps } from './types.ts';

/**
 * How long an account or a tenant sends nothing after a bounce for a limit. The limits count the last 24 hours, and each try
 * after a hold may cost one more message that comes back.
 */
const bounceHoldMs = 6 * hourMs;

/** A bounce without anything that names the message is about one of this age at most: servers give up after two to five days. */
const bouncesWithinMs = 5 * dayMs;

/** Clocks of mail servers differ. */
const skewMs = 10 * minuteMs;

/** So many of the newest submissions are looked through for the recipient of such a bounce. */
const mostLookedThrough = 200;

/** By this address Exchange reports: anyone could write a report that stops a whole company from sending. */
const exchangeReports = /^microsoftexchange[0-9a-f]{32}@/i;

/** What the sending side learns from incoming mail. Every call may be repeated without effect. */
export function createMailIn(deps: SendingDeps): SentMail {
  const now = () => new Date(deps.store.time.whenJudging());

  /** A submission that went out from this mailbox, or from another one of the same account. */
  async function ofAccount(mailbox: MailboxRow, id: string): Promise<StoredSubmission | undefined> {
    const found = await deps.rows.read(id);
    if (found === undefined || found.submission.mailboxId === mailbox.id) return found;
    const siblings = await deps.mailboxesOf(laneOf(mailbox));
    return siblings.some((row) => row.id === found.submission.mailboxId) ? found : undefined;
  }

  /** By our header in what came back, then by either Message-ID, then by recipient and time if that is one only. */
  async function bouncedOne(mailbox: MailboxRow, report: ReadMessage): Promise<StoredSubmission | undefined> {
    const { returnedSubmissionId, bounce } = report;
    const named = returnedSubmissionId && (await ofAccount(mailbox, returnedSubmissionId));
    if (named) return named;
    const messageId = bounce?.originalMessageId;
    const id = messageId === undefined ? undefined : await deps.rows.byMessageId(mailbox.id, messageId);
    if (id !== undefined) return deps.rows.read(id);
    // A report that names a message is about that one, and about no other.
    return returnedSubmissionId === undefined && messageId === undefined ? byRecipient(mailbox, report) : undefined;
  }

  async function byRecipient(
    mailbox: MailboxRow,
    { bounce, meta }: ReadMessage,
  ): Promise<StoredSubmission | undefined> {
    const failed = new Set(bounce?.recipients.map(({ recipient }) => recipient.toLowerCase()).filter(Boolean));
    if (failed.size === 0) return undefined;
    const at = meta.internalDate.getTime();
    const mayBeIt = ({ date, state }: Submission) =>
      date !== undefined && state !== 'failed' && date.getTime() < at + skewMs && date.getTime() > at - bouncesWithinMs;
    const found: StoredSubmission[] = [];
    for (const row of await deps.rows.page(mailbox.id, undefined, mostLookedThrough)) {
      if (!mayBeIt(row.submission)) continue;
      const { recipients } = await openContent(deps.sealer, row.submission.id, row.sealed);
      if (recipients.some((address) => failed.has(address.toLowerCase()))) found.push(row);
    }
    return found.length === 1 ? found[0] : undefined;
  }

  async function hold(mailbox: MailboxRow, { holds, code }: BounceMeaning): Promise<void> {
    if (holds === undefined) return;
    const rowKey = holds === 'tenant' ? tenantHoldKey(mailbox.grant.tid) : accountHoldKey(laneOf(mailbox));
    await createHolds(deps).put(rowKey, { code, until: new Date(now().getTime() + bounceHoldMs) });
  }

  return {
    async bounced(mailbox, report) {
      const meaning = report.bounce && readBounce(report.bounce.recipients);
      if (meaning === undefined) return;
      const found = await bouncedOne(mailbox, report);
      if (found === undefined) return;
      const { id } = found.submission;
      const { recipients } = await openContent(deps.sealer, id, found.sealed);
      const [only] = recipients.length === 1 ? recipients : [];
      const told = {
        ...meaning,
        gone: meaning.gone.map((address) => (address === '' ? (only ?? '') : address)),
        recipients: meaning.recipients.map((each) => (each.address === '' ? { ...each, address: only ?? '' } : each)),
      };
      if (bounced(found.submission, told, now()) === undefined) return;
      // First, so that a process that dies in between does it again.
      if (exchangeReports.test(report.from?.address ?? '')) await hold(mailbox, meaning);
      await suppressGone(deps, found.submission, told.gone, recipients);
      await changeAndFinish(deps, id, (current) => bounced(current, told, now()));
      deps.log.info('submission.bounce_linked', { submissionId: id, code: meaning.code });
    },

    async copied(mailbox, submissionId, { messageId, from }) {
      const found = await ofAccount(mailbox, submissionId);
      if (found === undefined) return false;
      const id = messageId?.trim();
      const theirs = id !== undefined && /^<[^<>\s]{1,900}>$/.test(id) ? id : undefined;
      const ours = (await openContent(deps.sealer, submissionId, found.sealed)).from;
      const isRewritten = from !== undefined && from !== '' && from.toLowerCase() !== ours.toLowerCase();
      const copy = { messageId: theirs, fromRewritten: isRewritten ? from : undefined };
      // Of nearly every copy nothing new is learnt, and nothing is written.
      if (copySeen(found.submission, copy, now()) !== undefined) {
        await changeAndFinish(deps, submissionId, (current) => copySeen(current, copy, now()));
      }
      return true;
    },

    end: (mailboxId) => endSubmissions(deps, mailboxId),
  };
}
