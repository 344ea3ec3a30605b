import type { ComposedMail } from '../../compose/composed.ts';

/** What a request would send. */
export interface DryRun {
  readonly from: string;
  /** Envelope recipients, Bcc included, each once. */
  readonly recipients: readonly string[];
  readonly subject: string;
  /** With angle brackets; a message that is really sent gets one of its own. */
  readonly messageId: string;
  /** Bytes of the finished message. */
  readonly size: number;
  /** The message without Date and Bcc, or its beginning. */
  readonly mime: string;
  readonly mimeTruncated: boolean;
}

/** The answer holds no more of a message: it is in memory whole, several times, before it leaves. */
export const shownBytes = 4 * 1024 * 1024;

/**
 * Reads a composed message to its end, as accepting it would, and keeps nothing.
 * @throws what composing throws: `mail_too_large`, and that a file cannot be had
 */
export async function dryRun(mail: ComposedMail, mostBytes = shownBytes): Promise<DryRun> {
  const shown: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of mail.mime) {
    const room = mostBytes - size;
    if (room > 0) shown.push(chunk.subarray(0, room));
    size += chunk.byteLength;
  }
  const { from, recipients, subject, messageId } = mail;
  const mime = Buffer.concat(shown).toString('utf8');
  return { from, recipients, subject, messageId, size, mime, mimeTruncated: size > mostBytes };
}
