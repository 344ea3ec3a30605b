import { BrokerError } from '../errors.ts';

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

/** Of a million bytes, as in the documentation. */
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
