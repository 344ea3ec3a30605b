import { BrokerError } from '../errors.ts';

/** What Exchange Online takes by default, with the third that base64 adds: about 25 MB of files. */
export const defaultLimitBytes = 35 * 1024 * 1024;

/**
 * The same bytes, as long as there are no more than the limit.
 * @throws BrokerError `mail_too_large` with both figures, once they are exceeded; nothing beyond the limit is read
 */
export async function* limitedSize(
  mime: AsyncIterable<Uint8Array>,
  limitBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0;
  for await (const chunk of mime) {
    bytes += chunk.byteLength;
    if (bytes > limitBytes) {
      throw new BrokerError('mail_too_large', {
        detail: `The finished message is larger than ${megabytes(limitBytes)} MB, the maximum. Files grow by a third in a mail, so that about ${megabytes(limitBytes * 0.72)} MB of files fit.`,
      });
    }
    yield chunk;
  }
}

const megabytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(bytes < 10 * 1024 * 1024 ? 1 : 0);
