import type { ComposedMail } from '../../../src/lib/compose/composed.ts';
import { submissionHeader, type WayName } from '../../../src/lib/domain/submission.ts';

/** What arrives at the server for outgoing mail. */
export interface Letter {
  readonly submissionId: string;
  readonly way: WayName;
  readonly messageId: string;
  /** The address that it is from. */
  readonly from: string;
  /** Everyone whom the server was told of. */
  readonly recipients: readonly string[];
  /** The message, or of a draft its text. */
  readonly raw: Buffer;
  /** Of a draft, its files, in the order in which they came. */
  readonly files: readonly Buffer[];
}

/** Sizes of the files of a message: nothing; more than one request to Graph takes; and so much that an upload session has to. */
export const sizes = { small: [], large: [1_600_000], huge: [900, 3_400_000] } as const;
export type Size = keyof typeof sizes;

const made = new Map<number, { readonly bytes: Buffer; readonly part: Buffer }>();

/** A file of so many bytes; the same each time, since it costs much to make. */
function fileOf(size: number) {
  const bytes = made.get(size)?.bytes ?? Buffer.alloc(size, 'file');
  const head =
    'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n' +
    'Content-Transfer-Encoding: base64\r\n\r\n';
  const part = made.get(size)?.part ?? Buffer.from(`${head}${bytes.toString('base64')}`);
  made.set(size, { bytes, part });
  return { bytes, part };
}

interface Written {
  readonly recipients: readonly string[];
  readonly sizes: readonly number[];
  readonly mime: Buffer;
}

/** What people write, so that what arrives can be compared with it. */
export interface Letters {
  /** @param recipients the last one is in Bcc, if there are three of them */
  write(letter: {
    readonly subject: string;
    readonly from: string;
    readonly messageId: string;
    readonly recipients: readonly string[];
    readonly size: Size;
  }): ComposedMail;
  /** What is wrong with it; undefined: it is what was written. */
  differs(letter: Letter): string | undefined;
}

export function createLetters(): Letters {
  const written = new Map<string, Written>();
  return {
    write({ subject, from, messageId, recipients, size }) {
      const isHidden = recipients.length > 2;
      const shown = isHidden ? recipients.slice(0, -1) : recipients;
      const head =
        `From: ${from}\r\nTo: ${shown.join(', ')}\r\nSubject: ${subject}\r\nMessage-ID: ${messageId}\r\n` +
        'MIME-Version: 1.0\r\n';
      const mime = Buffer.from(`${head}${body(size)}`);
      const files: readonly number[] = sizes[size];
      const whole =
        files.length === 0 ? mime : Buffer.concat([mime, ...files.flatMap(partOf), Buffer.from('--b--\r\n')]);
      written.set(subject, { recipients, sizes: files, mime: whole });
      const bccHeader = isHidden ? `Bcc: ${recipients.at(-1)}\r\n` : undefined;
      return { from, recipients, messageId, subject, bccHeader, mime: pieces(whole) };
    },
    differs({ way, raw, files, recipients, submissionId }) {
      const head = headOf(raw);
      const letter = written.get(fieldOf(head, 'Subject') ?? '');
      if (letter === undefined) return 'nobody wrote it';
      if (fieldOf(head, submissionHeader) !== submissionId) return 'does not name itself';
      if (recipients.join() !== letter.recipients.join()) return `goes to ${recipients.join()}`;
      if (way === 'smtp' && fieldOf(head, 'Bcc') !== undefined) return 'shows Bcc';
      if (way !== 'graph_draft') return raw.subarray(-letter.mime.length).equals(letter.mime) ? undefined : 'is cut';
      const isWhole =
        files.length === letter.sizes.length &&
        files.every((file, at) => file.equals(fileOf(letter.sizes[at] ?? 0).bytes));
      return isWhole ? undefined : `has files of ${files.map(({ length }) => length).join()} bytes`;
    },
  };
}

const body = (size: Size): string =>
  size === 'small'
    ? '\r\nHello\r\n'
    : 'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n';

const partOf = (size: number): readonly Buffer[] => [Buffer.from('--b\r\n'), fileOf(size).part, Buffer.from('\r\n')];

async function* pieces(whole: Buffer): AsyncGenerator<Uint8Array> {
  yield whole;
}

/** The header of a message. */
export const headOf = (raw: Buffer): string => {
  const end = raw.indexOf('\r\n\r\n');
  return raw.subarray(0, end < 0 ? raw.length : end).toString('latin1');
};

export const fieldOf = (head: string, name: string): string | undefined =>
  new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]?.trim();
