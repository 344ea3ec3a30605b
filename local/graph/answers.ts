import { randomUUID } from 'node:crypto';
import type { Reply } from '../web.ts';

/** A refusal in Graph's form. https://learn.microsoft.com/graph/errors */
export const graphError = (status: number, code: string, message: string, retryAfterSeconds?: number): Reply => ({
  status,
  ...(retryAfterSeconds === undefined ? {} : { headers: { 'retry-after': String(retryAfterSeconds) } }),
  body: { error: { code, message } },
});

/** The sentences that Graph answers with, as people quote them. */
export const refusals = {
  token: () => graphError(401, 'InvalidAuthenticationToken', 'Access token validation failure. Invalid audience.'),
  denied: () => graphError(403, 'ErrorAccessDenied', 'Access is denied. Check credentials and try again.'),
  sendAs: () =>
    graphError(
      403,
      'ErrorSendAsDenied',
      'The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account., Cannot submit message.',
    ),
  base64: () => graphError(400, 'ErrorMimeContentInvalidBase64String', 'Invalid base64 string for MIME content.'),
  recipients: () => graphError(400, 'ErrorInvalidRecipients', 'At least one recipient is not valid., No recipients.'),
  mailbox: () =>
    graphError(
      404,
      'MailboxNotEnabledForRESTAPI',
      'The mailbox is either inactive, soft-deleted, or is hosted on-premise.',
    ),
  item: () => graphError(404, 'ErrorItemNotFound', 'The specified object was not found in the store.'),
  tooLarge: () => graphError(413, 'RequestEntityTooLarge', 'The request is larger than 4 MB.'),
  tooSmall: () =>
    graphError(
      400,
      'ErrorAttachmentSizeShouldNotBeLessThanMinimumSize',
      'Attachment size must be greater than the minimum size.',
    ),
  range: () => graphError(416, 'InvalidRange', 'The uploaded fragment is not the one that is expected.'),
  // https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits
  busy: () => graphError(429, 'ApplicationThrottled', 'Application is over its MailboxConcurrency limit.', 1),
  unknown: () => graphError(404, 'ResourceNotFound', 'The stand-in has nothing under this address.'),
} as const;

/** Every answer of Graph names its request; an error says so once more in its body. */
export function withRequestIds(reply: Reply, clientRequestId: string | undefined): Reply {
  const ids = { 'request-id': randomUUID(), 'client-request-id': clientRequestId ?? randomUUID() };
  const { body } = reply;
  const error: unknown = typeof body === 'object' ? Reflect.get(body, 'error') : undefined;
  return {
    ...reply,
    headers: { ...reply.headers, ...ids },
    ...(typeof error === 'object' && error !== null
      ? { body: { error: { ...error, innerError: { date: new Date().toISOString().slice(0, 19), ...ids } } } }
      : {}),
  };
}
