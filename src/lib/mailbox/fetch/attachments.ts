import { once } from 'node:events';
import { Readable } from 'node:stream';
import type { AttachmentPlace } from '../../access/attachment-token.ts';
import type { Clock } from '../../domain/clock.ts';
import type { Attachment } from '../../domain/mail/message.ts';
import { BrokerError, isBrokerError } from '../../errors.ts';
import type { KnownPlace } from '../../store/mailboxes/known-places.ts';
import type { MailboxRow } from '../../store/rows/rows.ts';
import { logIn } from '../session/log-in.ts';
import type { ImapConnector, MailSession } from '../session/session.ts';
import type { DownloadLimiter, DownloadPermit } from './download-limiter.ts';
import { findPart } from './find-part.ts';

/** A file of a message that is being fetched. */
export interface OpenAttachment {
  readonly file: Attachment;
  /** Of a text. */
  readonly charset: string | undefined;
  /** Decoded, fetched as it is read; to be read to its end or destroyed. Fails with BrokerError. */
  readonly bytes: Readable;
}

export interface Attachments {
  /**
   * Opens a file. Its first bytes are there when this resolves, so what can fail has failed by then.
   * @throws BrokerError `message_gone`, `attachment_too_large`, `downloads_busy`, and what the token and the mail server
   *   throw
   */
  open(place: AttachmentPlace): Promise<OpenAttachment>;
}

export interface AttachmentsDeps {
  /** The mailbox; undefined if there is none of this id any more. */
  readonly mailbox: (id: string) => Promise<MailboxRow | undefined>;
  /** Where the polls have seen the message since. */
  readonly places: (place: AttachmentPlace) => Promise<readonly KnownPlace[]>;
  readonly token: (mailbox: MailboxRow, options: { readonly force: boolean }) => Promise<string>;
  readonly imap: ImapConnector<MailSession>;
  readonly limiter: DownloadLimiter;
  readonly clock: Clock;
  /** As it lies in the mail, in bytes; {@link largestBytes} unless given. */
  readonly largestBytes?: number;
}

/**
 * Exchange Online accepts messages of up to 36 MB unless an administrator raises that, to 150 MB at most. The worker and
 * its host both hold an answer in memory, so anything larger is left to Outlook. Counted as the part lies in the mail:
 * base64 in lines of 76 characters (RFC 2045 section 6.8) makes 49.3 MB of a file of {@link promisedFileBytes}.
 */
export const largestBytes = 48 * 1024 * 1024;

/** A file of this size is handed out however it is encoded: the figure that the documentation promises. */
export const promisedFileBytes = 36_000_000;

// From the log-in to the last byte. Azure's front end waits 230 s for an answer, host.json's functionTimeout is longer.
const limitMs = 150_000;

/** Once more from the beginning, where the connection broke; what has been handed out already is passed over. */
const tries = 2;

/** Hands out single files of messages, straight from the mailbox. */
export function createAttachments(deps: AttachmentsDeps): Attachments {
  const { clock, limiter } = deps;
  const largest = deps.largestBytes ?? largestBytes;

  async function* fetch(
    place: AttachmentPlace,
    permit: DownloadPermit,
    found: (what: Omit<OpenAttachment, 'bytes'>) => void,
    isWanted: () => boolean,
  ): AsyncGenerator<Uint8Array> {
    const row = await deps.mailbox(place.mailboxId);
    if (row === undefined) throw new BrokerError('message_gone');
    let sent = 0;
    for (let attempt = 1; ; attempt += 1) {
      let session: MailSession | undefined;
      try {
        session = await logIn(deps, row);
        const { path, uid, file } = await findPart(session, row.folders, place, () => deps.places(place));
        if (file.size > largest) throw new BrokerError('attachment_too_large');
        if (attempt === 1) await permit.reserve(file.size);
        const content = await session.download(path, uid, file.part, largest + 1);
        if (content === undefined) throw new BrokerError('message_gone');
        found({ file, charset: content.charset });
        let passed = 0;
        for await (const chunk of content.bytes) {
          const fresh: Uint8Array = chunk.subarray(Math.max(0, Math.min(chunk.length, sent - passed)));
          passed += chunk.length;
          sent = Math.max(sent, passed);
          // The size that the server states may be wrong.
          if (passed > largest) throw new BrokerError('attachment_too_large');
          if (fresh.length > 0) yield fresh;
        }
        return;
      } catch (error) {
        const passes = isBrokerError(error, 'imap_unreachable', 'imap_token_expired', 'imap_not_connected');
        if (!passes || attempt === tries || !isWanted()) throw error;
      } finally {
        await session?.close();
      }
    }
  }

  return {
    open: async (place) => {
      const permit = await limiter.enter(place.mailboxId);
      const over = new AbortController();
      let opened: Omit<OpenAttachment, 'bytes'> | undefined;
      const found = (what: Omit<OpenAttachment, 'bytes'>) => {
        opened ??= what;
      };
      const bytes: Readable = Readable.from(
        fetch(place, permit, found, () => !bytes.destroyed),
        { objectMode: false, highWaterMark: 256 * 1024 },
      );
      // Told to anyone who reads; until someone does, it must not end the process.
      bytes.on('error', () => undefined);
      bytes.once('close', () => {
        over.abort();
        permit.leave();
      });
      void clock.sleep(limitMs, over.signal).then(
        () => bytes.destroy(new BrokerError('imap_unreachable')),
        () => undefined,
      );
      await once(bytes, 'readable');
      if (opened === undefined) throw new BrokerError('message_gone');
      return { ...opened, bytes };
    },
  };
}
