import { PassThrough } from 'node:stream';
import type { ImapFlow } from 'imapflow';
import { BrokerError } from '../../errors.ts';
import { field } from '../session/imap-watch.ts';
import type { PartContent } from '../session/session.ts';

// Exchange renders the message again for every piece, so the pieces are large.
const chunkBytes = 1024 * 1024;

export interface Download {
  readonly content: PartContent;
  /** Resolves when the connection is free again. */
  readonly ended: Promise<void>;
}

/**
 * Starts to fetch a part of a message in the selected folder, decoded, no faster than it is read.
 * @param part empty for the message itself
 * @param failure makes a BrokerError of what imapflow throws
 * @returns undefined if there is no such message; servers differ in what they say of a part that is not there
 */
export async function downloadPart(
  client: ImapFlow,
  uid: number,
  part: string,
  mostBytes: number,
  failure: (error: unknown) => BrokerError,
): Promise<Download | undefined> {
  const { meta, content } = await client.download(String(uid), part === '' ? undefined : part, {
    uid: true,
    chunkSize: chunkBytes,
    maxBytes: mostBytes,
  });
  if (content === undefined || meta === undefined) return undefined;
  // A stream of our own: its errors are ours, and its end shows that imapflow requests nothing more.
  const bytes = new PassThrough({ highWaterMark: 256 * 1024 });
  const ended = new Promise<void>((resolve) => {
    content.once('error', (error: unknown) => {
      bytes.destroy(
        field(error, 'code') === 'DownloadIncomplete'
          ? new BrokerError('message_gone', { cause: error })
          : failure(error),
      );
    });
    content.pipe(bytes);
    // A reader that stops also stops the download.
    bytes.once('close', () => {
      content.destroy();
      resolve();
    });
  });
  return { content: { charset: meta.charset, bytes }, ended };
}
