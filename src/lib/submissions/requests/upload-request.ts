import { z } from 'zod';
import { attachment, fileNaming } from '../../compose/sources.ts';
import type { ReceivedFile } from '../../http/multipart.ts';
import type { KeptUpload, KeptUploads } from './kept-uploads.ts';

/** JSON body of POST mailboxes/{id}/uploads; a form has its files in the fields `attachments`. */
export const uploadRequest = z.strictObject({
  files: z
    .array(attachment.refine(({ kind }) => kind === 'bytes', 'Needs content (base64, at most 3 MB).'))
    .max(100, 'Has more than 100 entries.')
    .default([]),
});

/**
 * Keeps the files of a request, one after the other.
 * @throws BrokerError `storage_unreachable`
 */
export async function keepUploads(
  uploads: Pick<KeptUploads, 'put'>,
  mailboxId: string,
  { files }: z.output<typeof uploadRequest>,
  received: readonly ReceivedFile[],
): Promise<KeptUpload[]> {
  const kept: KeptUpload[] = [];
  for (const [index, file] of files.entries()) {
    if (file.kind !== 'bytes') continue;
    const { content, filename = `attachment-${index + 1}`, contentType = 'application/octet-stream', contentId } = file;
    const facts = { filename, contentType, contentId, size: content.byteLength };
    kept.push(await uploads.put(mailboxId, facts, once(content)));
  }
  for (const file of received) {
    const { filename, contentType } = fileNaming.parse({ filename: file.filename, contentType: file.contentType });
    const facts = { filename: filename === '' ? 'attachment' : filename, contentType, contentId: undefined };
    kept.push(await uploads.put(mailboxId, { ...facts, size: file.size }, file.open()));
  }
  return kept;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}

/** An upload as the API shows it. */
export const uploadJson = ({ id, filename, contentType, size, contentId, expiresAt }: KeptUpload) => ({
  uploadId: id,
  filename,
  contentType,
  size,
  contentId: contentId ?? null,
  expiresAt,
});
