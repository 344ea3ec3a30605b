import { z } from 'zod';
import { base64url, fromBase64url } from '../domain/bytes.ts';
import type { Sealer, SealPlace } from '../domain/sealing.ts';
import { BrokerError } from '../errors.ts';
import { parseSubmissionId, submissionPartition, submissionRowKey } from '../store/submissions/submission-keys.ts';
import { sealedColumn } from '../store/submissions/submission-row.ts';

/** What the row of a submission keeps sealed: whom it concerns, and the key of its blob. It never changes. */
export interface SealedContent {
  readonly blobKey: Uint8Array;
  readonly from: string;
  readonly recipients: readonly string[];
  readonly subject: string;
  readonly bccHeader: string | undefined;
}

const form = z.object({
  blobKey: z.string().transform(fromBase64url),
  from: z.string(),
  recipients: z.array(z.string()),
  subject: z.string(),
  bccHeader: z
    .string()
    .optional()
    .transform((header) => header),
});

/** Where it lies. @throws RangeError if `id` is not that of a submission, which is a fault of ours */
export function placeOfContent(id: string): SealPlace {
  const place = parseSubmissionId(id);
  if (place === undefined) throw new RangeError('not the id of a submission');
  const { mailboxId, key } = place;
  return {
    table: 'submissions',
    partitionKey: submissionPartition(mailboxId),
    rowKey: submissionRowKey('s', mailboxId, key),
    column: sealedColumn,
  };
}

export function sealContent(sealer: Sealer, id: string, content: SealedContent): Promise<Uint8Array> {
  const text = JSON.stringify({ ...content, blobKey: base64url(content.blobKey) });
  return sealer.seal(placeOfContent(id), new TextEncoder().encode(text));
}

/** @throws BrokerError `seal_broken` */
export async function openContent(sealer: Sealer, id: string, sealed: Uint8Array): Promise<SealedContent> {
  const plain = await sealer.open(placeOfContent(id), sealed);
  const parsed = form.safeParse(JSON.parse(new TextDecoder().decode(plain)));
  if (!parsed.success) throw new BrokerError('seal_broken');
  return parsed.data;
}
