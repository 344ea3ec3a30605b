import { buffer } from 'node:stream/consumers';
import type { Submission } from '../../domain/submission.ts';
import { isBrokerError } from '../../errors.ts';
import { openContent } from '../sealed-content.ts';
import type { SendingDeps } from '../types.ts';
import { type CopyResult, mayBeStored } from './copy-looked.ts';

/**
 * Looks for the copy of a message in Sent of its shared mailbox; after the last look it is put there. What a dead process has
 * put there is found by our header, so that there is one copy.
 * @returns what came of it; undefined where there is nothing to look after now
 * @throws the reason of `signal`
 */
export async function fileCopy(
  { rows, sealer, mail, sent, log }: Pick<SendingDeps, 'rows' | 'sealer' | 'mail' | 'sent' | 'log'>,
  { id, copy, date, size, ourMessageId }: Submission,
  now: Date,
  signal: AbortSignal,
): Promise<CopyResult | undefined> {
  if (copy?.state !== 'awaited' || now < copy.nextAt) return undefined;
  const { place, since } = copy;
  /** With Bcc, which people who can read Sent may see. */
  const source = async () => {
    const found = await rows.read(id);
    const content = await openContent(sealer, id, found?.sealed ?? new Uint8Array());
    const message = { id, content, messageId: ourMessageId, size, date: date ?? since };
    return buffer(mail.outgoing(message).open({ keepBcc: true }));
  };
  try {
    const wanted = { submissionId: id, place, since, source: mayBeStored(copy) ? source : undefined };
    return { kind: await sent.file(wanted, signal) };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (!isBrokerError(error)) log.error('submission.copy_not_filed', error, { submissionId: id });
    return { kind: 'failed', code: isBrokerError(error) ? error.code : 'internal_error' };
  }
}
