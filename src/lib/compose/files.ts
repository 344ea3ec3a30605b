import { BrokerError } from '../errors.ts';
import type { MimeFile } from './mime.ts';
import type { Original } from './original.ts';
import { type AttachmentSource, fileNaming, type UploadedFile } from './sources.ts';

/** A file that was opened elsewhere; read once. */
export interface OpenedFile {
  readonly filename: string;
  readonly contentType: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Where the files of a message come from. All of them reject with BrokerError. */
export interface FileSources {
  /** A file in NocoBase, fetched whole, for it may not be there when the mail leaves. */
  fetch(url: string, signal: AbortSignal): Promise<OpenedFile>;
  /** An attachment of another message in the same mailbox; `attachment_missing` where it has no such part. */
  openPart(messageRef: string, part: string, signal: AbortSignal): Promise<OpenedFile>;
  /** A file that was uploaded for this mailbox; `upload_gone` where there is none. */
  openUpload(uploadId: string): Promise<OpenedFile & { readonly contentId: string | undefined }>;
}

/** A file whose name and type are known before its bytes are asked for. */
type Named = Omit<MimeFile, 'contentId'> & { readonly contentId?: string | undefined };

/** The files that a request names: fetched and opened one after the other, so that few are open at a time. */
export async function filesOf(
  named: readonly AttachmentSource[],
  uploads: readonly UploadedFile[],
  sources: FileSources,
  signal: AbortSignal,
): Promise<readonly Named[]> {
  const files: Named[] = [];
  for (const [index, source] of named.entries()) {
    const fallback = `attachment-${index + 1}`;
    if (source.kind === 'bytes') {
      files.push({ ...nameOf(source, fallback), open: () => once(source.content) });
    } else if (source.kind === 'url') {
      const fetched = await sources.fetch(source.url, signal);
      files.push({ ...nameOf(source, fallback, fetched), open: () => fetched.bytes });
    } else if (source.kind === 'upload') {
      const opened = await sources.openUpload(source.uploadId);
      const own = { ...source, contentId: source.contentId ?? opened.contentId };
      files.push({ ...nameOf(own, fallback, opened), open: () => opened.bytes });
    } else {
      const { messageRef, part } = source;
      // Opened for its name; its bytes wait until their turn.
      const opened = await sources.openPart(messageRef, part, signal);
      files.push({ ...nameOf(source, fallback, opened), open: () => opened.bytes });
    }
  }
  for (const upload of uploads) files.push({ ...nameOf({}, 'attachment', upload), open: upload.open });
  return files;
}

/**
 * The files of the original that go along: all of them with a mail that is passed on, with an answer only the images that
 * its quote shows.
 */
export function filesOfOriginal(
  original: Original,
  messageRef: string,
  wanted: 'all' | { readonly shownIn: string },
  sources: FileSources,
  signal: AbortSignal,
): readonly Named[] {
  const goesAlong = ({ contentId, signature }: Original['attachments'][number]): boolean =>
    // A signature is one of what was signed, which this mail is not any more.
    signature === undefined && (wanted === 'all' || (contentId !== undefined && shows(wanted.shownIn, contentId)));
  return original.attachments.filter(goesAlong).map((file, index) => ({
    ...nameOf({}, `attachment-${index + 1}`, file),
    contentId: file.contentId,
    open: async function* () {
      yield* (await sources.openPart(messageRef, file.part, signal)).bytes;
    },
  }));
}

/** True if HTML shows the part of this Content-ID (RFC 2392). */
export const shows = (html: string, contentId: string): boolean =>
  html.includes(`cid:${contentId}`) || html.includes(`cid:${encodeURIComponent(contentId)}`);

/**
 * What the HTML shows stands inline. A file without a Content-ID is known there by its name too (`cid:logo.png`), for
 * requests in which a file has nothing but that.
 * @throws BrokerError `invalid_request` if two files have one Content-ID
 */
export function inlineFiles(files: readonly Named[], html: string | undefined): readonly MimeFile[] {
  const known = new Set<string>();
  return files.map((file) => {
    const contentId = file.contentId ?? file.filename;
    if (html === undefined || !shows(html, contentId)) return { ...file, contentId: undefined };
    if (known.has(contentId)) {
      const message = 'Two files have the same Content-ID, which the HTML refers to.';
      throw new BrokerError('invalid_request', { fields: [{ field: 'attachments', message }] });
    }
    known.add(contentId);
    return { ...file, contentId };
  });
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}

/** The request's own words first; those of where it comes from are made fit for a header. */
function nameOf(
  own: {
    readonly filename?: string | undefined;
    readonly contentType?: string | undefined;
    readonly contentId?: string | undefined;
  },
  fallback: string,
  found: { readonly filename: string; readonly contentType: string } = { filename: fallback, contentType: '' },
): Omit<Named, 'open'> {
  const read = fileNaming.parse({ filename: found.filename, contentType: found.contentType });
  return {
    filename: own.filename ?? (read.filename === '' ? fallback : read.filename),
    contentType: own.contentType ?? read.contentType,
    contentId: own.contentId,
  };
}
