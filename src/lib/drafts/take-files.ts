import { type ComposePorts, composeParts } from '../compose/compose.ts';
import { answeringOf, type SendContent } from '../compose/content.ts';
import { filesOf } from '../compose/files.ts';
import type { MimeFile } from '../compose/mime.ts';
import type { AttachmentSource } from '../compose/sources.ts';
import { BrokerError } from '../errors.ts';
import type { ReceivedFile } from '../http/multipart.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import { mailLimitBytes, sendingMailboxOf } from '../submissions/requests/sender.ts';
import type { CopyFields } from './fields.ts';
import type { DraftDeps } from './types.ts';

type Files = CopyFields['files'];

/** Files and the original are read within this time. */
const composeMs = 60_000;

/** Files that a request names, and that came with it. */
export interface NamedFiles {
  readonly named: readonly AttachmentSource[];
  readonly received: readonly ReceivedFile[];
  /** Blobs that the draft keeps already, however old they are. */
  readonly held: readonly string[];
}

/**
 * The files that a request names, each as an upload of the mailbox: what comes from elsewhere is fetched once, and is then
 * there for every version.
 * @throws BrokerError `upload_gone` | `mail_too_large`, and what fetching and storing throw
 */
export async function takeFiles(
  deps: DraftDeps,
  row: MailboxRow,
  { named, received, held }: NamedFiles,
): Promise<Files> {
  const signal = AbortSignal.timeout(composeMs);
  const ports = deps.ports(row);
  const files: Files[number][] = [];
  for (const source of named) {
    if (source.kind === 'upload') files.push(await uploaded(deps, row, source, held));
    else for (const file of await filesOf([source], [], ports, signal)) files.push(await keep(deps, row, file));
  }
  for (const file of await filesOf([], received, ports, signal)) files.push(await keep(deps, row, file));
  // In base64; the next version would not be stored.
  if (files.reduce((sum, { size }) => sum + size, 0) * (4 / 3) > mailLimitBytes)
    throw new BrokerError('mail_too_large');
  return files;
}

/** Looks that it is there; its bytes are not read. */
async function uploaded(
  { uploads, clock }: DraftDeps,
  row: MailboxRow,
  source: Extract<AttachmentSource, { readonly kind: 'upload' }>,
  held: readonly string[],
): Promise<Files[number]> {
  const { bytes, ...found } = await uploads.open(row.id, source.uploadId);
  await bytes[Symbol.asyncIterator]().return?.();
  // The sweep may be about to delete it.
  const isHeld = held.includes(uploads.blobOf(row.id, source.uploadId));
  if (!isHeld && found.expiresAt.getTime() <= clock.now()) throw new BrokerError('upload_gone');
  return {
    source: { uploadId: source.uploadId },
    filename: source.filename ?? found.filename,
    contentType: source.contentType ?? found.contentType,
    size: found.size,
    contentId: source.contentId ?? found.contentId,
  };
}

/** Its length has to be known before it is stored. */
async function keep(
  { staging, uploads }: DraftDeps,
  row: MailboxRow,
  file: Omit<MimeFile, 'contentId'> & { readonly contentId?: string | undefined },
): Promise<Files[number]> {
  let size = 0;
  async function* counted(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of file.open()) {
      size += chunk.byteLength;
      yield chunk;
    }
  }
  const staged = await staging.put(counted());
  try {
    const { filename, contentType, contentId } = file;
    const facts = { filename, contentType, contentId, size };
    const { id } = await uploads.put(row.id, facts, staged.open());
    return { source: { uploadId: id }, ...facts };
  } finally {
    await staged.drop();
  }
}

/**
 * The fields of a new draft: with the signature, and of an answer with its recipients, subject and quote, to be edited from
 * then on.
 * @throws BrokerError what composing throws
 */
export async function firstFields(
  deps: DraftDeps,
  row: MailboxRow,
  content: SendContent,
  received: readonly ReceivedFile[],
  messageId: string,
): Promise<CopyFields> {
  const mailbox = await sendingMailboxOf(deps.settings, row);
  const ports: ComposePorts = deps.ports(row);
  const own = { ...content, attachments: [] };
  const request = { content: own, uploads: [], mailbox, messageId, limitBytes: mailLimitBytes };
  const { parts, bcc } = await composeParts(request, ports, AbortSignal.timeout(composeMs));
  const files: Files[number][] = [...(await takeFiles(deps, row, { named: content.attachments, received, held: [] }))];
  for (const file of parts.files) files.push(await keep(deps, row, file));
  return {
    ...{ from: parts.from, to: [...parts.to], cc: [...parts.cc], bcc: [...bcc], replyTo: [...parts.replyTo] },
    ...{ subject: parts.subject, text: parts.text, html: parts.html, priority: parts.priority, files },
    ...{ inReplyTo: parts.inReplyTo, references: [...parts.references], answering: answeringOf(content) },
  };
}
