import type { RefusedRecipient } from '../domain/submission.ts';
import { BrokerError } from '../errors.ts';
import { createSendingSettings } from '../store/submissions/sending-settings.ts';
import { createSuppressions, type Suppression, type SuppressionRows } from '../store/submissions/suppressions.ts';
import type { SendingDeps } from './types.ts';

/**
 * @param recipients of the finished message
 * @param named the fields of the request that name recipients
 * @throws BrokerError `recipient_suppressed`, which names each: from a reply to all alone, the caller could not tell
 * which recipient it is. `storage_unreachable`
 */
export async function refuseSuppressed(
  rows: Pick<SuppressionRows, 'among'>,
  mailboxId: string,
  recipients: readonly string[],
  named: { readonly [field in 'to' | 'cc' | 'bcc']?: readonly { readonly address: string }[] | undefined },
): Promise<void> {
  const found = await rows.among(mailboxId, recipients);
  if (found.length === 0) return;
  const fieldOf = ({ address }: Suppression) => {
    const isIt = (each: { readonly address: string }) => each.address.toLowerCase() === address.toLowerCase();
    return (['to', 'cc', 'bcc'] as const).find((field) => named[field]?.some(isIt)) ?? 'recipients';
  };
  throw new BrokerError('recipient_suppressed', {
    fields: found.map((each) => ({ field: fieldOf(each), message: sentence(each) })),
  });
}

const sentence = ({ address, reason, since }: Suppression): string =>
  `${address} is on the suppression list of this mailbox since ${since.toISOString().slice(0, 10)} (${reason === 'manual' ? 'put there by hand' : 'a bounce said that it does not exist'}).`;

/**
 * Who of the recipients has got onto the list since the message was accepted: it may have been scheduled for weeks.
 * @throws BrokerError `storage_unreachable`
 */
export async function suppressedRecipients(
  deps: Pick<SendingDeps, 'store'>,
  mailboxId: string,
  recipients: readonly string[],
): Promise<readonly RefusedRecipient[]> {
  const found = await createSuppressions(deps).among(mailboxId, recipients);
  return found.map((each) => ({ address: each.address, code: 'recipient_suppressed', reply: sentence(each) }));
}

/**
 * After a bounce: puts the addresses that do not exist onto the list of the mailbox that wrote to them, if that is what it
 * wants. Anybody can write a bounce, so only recipients of the message that came back count. May be repeated.
 * @param gone addresses that the bounce calls unknown
 * @throws BrokerError `storage_unreachable`
 */
export async function suppressGone(
  deps: Pick<SendingDeps, 'store' | 'clock' | 'random'>,
  submission: { readonly id: string; readonly mailboxId: string },
  gone: readonly string[],
  recipients: readonly string[],
): Promise<void> {
  const known = new Set(recipients.map((each) => each.toLowerCase()));
  const concerned = gone.filter((address) => known.has(address.toLowerCase()));
  if (concerned.length === 0) return;
  const { mailboxId, id: submissionId } = submission;
  const { suppressHardBounces } = await createSendingSettings(deps).read(mailboxId);
  if (!suppressHardBounces) return;
  const since = new Date(deps.store.time.whenJudging());
  const rows = createSuppressions(deps);
  for (const address of concerned) {
    await rows.add(mailboxId, { address, reason: 'hard_bounce', since, note: undefined, submissionId });
  }
}
