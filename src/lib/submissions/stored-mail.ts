import { submissionHeader } from '../domain/submission.ts';
import { BrokerError } from '../errors.ts';
import type { OutgoingMail } from '../send/way.ts';
import type { Blobs } from '../store/table/blobs.ts';
import { openSegments, sealSegments } from '../vault/segments.ts';
import type { SealedContent } from './sealed-content.ts';

/** The content of outgoing messages: sealed blobs, named by the id of their submission. */
export interface StoredMail {
  /**
   * Stores the MIME message as it comes. @returns its size in bytes
   * @throws what `mime` throws; BrokerError `storage_unreachable`. Nothing is stored then
   */
  put(id: string, key: Uint8Array, mime: AsyncIterable<Uint8Array>): Promise<number>;
  /** The message as it leaves; its `open` throws BrokerError `submission_content_gone` | `seal_broken` | `storage_unreachable`. */
  outgoing(message: StoredMessage): OutgoingMail;
  drop(id: string): Promise<void>;
}

export interface StoredMessage {
  readonly id: string;
  readonly content: SealedContent;
  readonly messageId: string;
  readonly size: number;
  /** For the Date header. */
  readonly date: Date;
}

export function createStoredMail({ blobs }: { readonly blobs: Blobs }): StoredMail {
  return {
    async put(id, key, mime) {
      let size = 0;
      async function* counted(): AsyncGenerator<Uint8Array> {
        for await (const chunk of mime) {
          size += chunk.byteLength;
          yield chunk;
        }
      }
      await blobs.write(id, sealSegments(key, id, counted()));
      return size;
    },

    outgoing({ id, content, messageId, size, date }) {
      // What is known only now stands before the stored headers, whose order means nothing.
      const head = `Date: ${mailDate(date)}\r\n${submissionHeader}: ${id}\r\n`;
      return {
        submissionId: id,
        from: content.from,
        recipients: content.recipients,
        messageId,
        size: size + Buffer.byteLength(head),
        async *open({ keepBcc = false } = {}) {
          const sealed = await blobs.read(id);
          if (sealed === undefined) throw new BrokerError('submission_content_gone');
          yield Buffer.from(keepBcc ? head + (content.bccHeader ?? '') : head);
          yield* openSegments(content.blobKey, id, sealed);
        },
      };
    },

    drop: (id) => blobs.delete(id),
  };
}

/** RFC 5322 section 3.3; `GMT` is its obsolete form, which some mail programs show as it is. */
const mailDate = (at: Date): string => at.toUTCString().replace('GMT', '+0000');
