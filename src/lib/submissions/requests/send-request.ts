import { createHash } from 'node:crypto';
import { z } from 'zod';
import { contentFields, namesOneOriginal, oneOriginal } from '../../compose/content.ts';
import { base64url, purposeHash } from '../../domain/bytes.ts';
import { hourMs, minuteMs } from '../../domain/duration.ts';
import type { ReceivedFile } from '../../http/multipart.ts';
import { paging } from '../../http/requests/fields.ts';

const sendAt = z.iso
  .datetime({ offset: true, error: 'Is not a time with an offset, such as 2026-12-01T09:00:00+08:00.' })
  .transform((text) => new Date(text));

/** When a message is sent, and what happens if that goes wrong. */
export const timingFields = {
  /** Now unless given; a time that has passed means now. */
  sendAt: sendAt.optional(),
  /** Seconds past its time after which it is not sent any more: 48 hours unless given. */
  expiresIn: z
    .int()
    .min(minuteMs / 1000)
    .max((7 * 24 * hourMs) / 1000)
    .optional(),
  /** What happens when it is unknown whether it was sent. `resend` may send it twice. */
  onUnknown: z.enum(['ask', 'resend']).default('ask'),
};

/** Body of POST mailboxes/{id}/send. */
export const sendRequest = z
  .strictObject({
    ...contentFields,
    ...timingFields,
    /** `bulk` lets people's own mail go first. */
    bulk: z.boolean().default(false),
    /** Shows the message and whom it would go to; nothing is sent or kept. */
    dryRun: z.boolean().default(false),
  })
  .refine(namesOneOriginal, oneOriginal());

export type SendRequest = z.output<typeof sendRequest>;

/** Query of POST mailboxes/{id}/send. */
export const sendQuery = z.strictObject({
  /** `true`: the answer waits a few seconds for the end of the submission. */
  wait: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true'),
});

/** Body of POST submissions/{id}/settle. */
export const settleRequest = z.strictObject({ as: z.enum(['sent', 'failed']) });

/** Query of GET mailboxes/{id}/submissions. */
export const submissionList = z.strictObject({
  ...paging,
  cursor: z
    .string()
    .regex(/^[0-9a-f]{28}$/, 'Is not a cursor from this list.')
    .optional(),
});

/** Header `Idempotency-Key`: what its caller calls the request. https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ */
export const idempotencyKey = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]{1,200}$/, 'Is not 1 to 200 visible ASCII characters.');

/** Of the validated fields and the bytes of files, independent of the order, spacing and boundaries of the request. */
export function contentHashOf(
  { dryRun: _, ...request }: SendRequest,
  files: readonly Pick<ReceivedFile, 'filename' | 'contentType' | 'sha256'>[],
): string {
  const uploads = files.map(({ filename, contentType, sha256 }) => ({ filename, contentType, sha256 }));
  const whole = uploads.length === 0 ? request : { ...request, uploads };
  return base64url(purposeHash('send-content', canonical(whole)).subarray(0, 24));
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (inner instanceof Uint8Array) return createHash('sha256').update(inner).digest('base64url');
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
