import type { Caller } from '../../access/caller.ts';
import type { Submission } from '../../domain/submission.ts';
import { BrokerError } from '../../errors.ts';
import { mailboxToChange, visibleMailbox } from '../../mailboxes/mailbox-of-caller.ts';
import type { Registry } from '../../store/mailboxes/registry.ts';
import type { MailboxRow } from '../../store/rows/rows.ts';
import { parseSubmissionId } from '../../store/submissions/submission-keys.ts';

interface Parts {
  readonly registry: Pick<Registry, 'get'>;
  readonly sending: { readonly submissions: { read(id: string): Promise<Submission | undefined> } };
}

/** The submission that a route names, if the key may know of its mailbox. @throws BrokerError `not_found` */
export const visibleSubmission = (parts: Parts, caller: Caller, id: string | undefined) =>
  find(parts, caller, id, visibleMailbox);

/** The same, if the key may send from the mailbox. @throws BrokerError `not_found` | `key_limited` */
export const submissionToChange = (parts: Parts, caller: Caller, id: string | undefined) =>
  find(parts, caller, id, mailboxToChange);

async function find(
  parts: Parts,
  caller: Caller,
  id: string | undefined,
  mailboxOf: typeof visibleMailbox,
): Promise<{ readonly submission: Submission; readonly mailbox: MailboxRow }> {
  const known = parseSubmissionId(id ?? '');
  const { row: mailbox } = await mailboxOf(parts.registry, caller, known?.mailboxId);
  const submission = await parts.sending.submissions.read(id ?? '');
  if (submission === undefined) throw new BrokerError('not_found');
  return { submission, mailbox };
}
