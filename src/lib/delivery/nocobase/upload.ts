import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { AttachmentPlace } from '../../access/attachment-token.ts';
import { createBoundedMap } from '../../domain/bounded-map.ts';
import type { Clock } from '../../domain/clock.ts';
import type { DeliveryOutcome, OutgoingEvent } from '../../domain/events/event.ts';
import type { AttachmentData } from '../../domain/events/event-data.ts';
import { BrokerError, isBrokerError } from '../../errors.ts';
import type { OutboundAnswer } from '../../outbound/outbound.ts';
import { decodeMessageRef } from '../events/message-ref.ts';
import { classify } from '../webhook/classify.ts';
import { createConcurrencyLimit } from '../webhook/concurrency-limit.ts';
import { errorOf, type NocobaseApi, parsed, unexpected } from './nocobase-api.ts';

/** A file of a mail, as it comes from the mailbox; to be read to its end or destroyed. Fails with BrokerError. */
export type FileContent = AsyncIterable<Uint8Array> & { destroy(): unknown };

/** @throws BrokerError */
export type OpenFile = (place: AttachmentPlace) => Promise<FileContent>;

/** NocoBase takes files of this size unless its storage says otherwise; a larger one stays in the mailbox. */
const largestBytes = 20 * 1024 * 1024;

/** Of one mail; the others stay links. Beyond this someone only wants to keep us busy. */
const mostFiles = 20;
const mostBytes = 40 * 1024 * 1024;

/** Mails whose files a process uploads at once. Of each file little is held, but Exchange serves few connections. */
const mailsAtOnce = 4;

/** For all files of a mail together, from its turn on: what takes longer stays a link. Its record itself has its own time. */
const limitMs = 60_000;

/** Files of records that could not be made yet; the oldest go first. */
const mostRemembered = 256;

/** The mailbox does not give a file out, so often in a row: then the mail goes without it, as a link. */
const mostFailures = 3;

/** A mail. */
type Received = OutgoingEvent<'message.received'>;

const madeForm = z.looseObject({
  data: z.looseObject({ id: z.union([z.number(), z.string()]), size: z.number(), filename: z.string() }),
});

/** The files of a mail in NocoBase: the ids of their records, and whether all of them are there. */
export interface Uploaded {
  readonly kind: 'uploaded';
  readonly ids: readonly (number | string)[];
  /** True if one of them stays a link alone. */
  readonly isPartial: boolean;
}

export interface Uploads {
  /** True if a mail has files that are to be uploaded. */
  wanted(event: Received): boolean;
  /**
   * Uploads the files of a mail, one after the other; those that are images of its text stay links.
   * @param target the attachment field, as `collection.field`
   * @throws BrokerError if the mailbox does not give a file out; then the mail is tried again as a whole
   */
  upload(api: NocobaseApi, target: string, event: Received, signal: AbortSignal): Promise<Uploaded | DeliveryOutcome>;
  /** The record of a mail is there: what was uploaded for it need not be remembered. */
  forget(event: Received): void;
}

export function createUploads(openFile: OpenFile, clock: Clock): Uploads {
  // By the key of the message and the part: a record that cannot be made at once does not cost its files twice.
  const made = createBoundedMap<string, number | string>(mostRemembered);
  const failed = createBoundedMap<string, number>(mostRemembered);
  const turns = createConcurrencyLimit(mailsAtOnce);
  const keyOf = (target: string, messageKey: string, { part }: AttachmentData) => `${target}\n${messageKey}\n${part}`;

  // Without its text a mail is tried because it was refused: then the files may be the reason just as well.
  const filesOf = ({ data }: Received): readonly AttachmentData[] =>
    data.text === null ? [] : data.attachments.filter(({ inline }) => !inline);

  async function uploadAll(
    api: NocobaseApi,
    target: string,
    event: Received,
    until: AbortSignal,
  ): Promise<Uploaded | DeliveryOutcome> {
    const files = filesOf(event);
    const { messageKey, messageRef, mailbox } = event.data;
    const ref = decodeMessageRef(messageRef);
    if (files.length === 0 || ref === undefined) return { kind: 'uploaded', ids: [], isPartial: false };
    const ids: (number | string)[] = [];
    let bytes = 0;
    for (const file of files.slice(0, mostFiles)) {
      const key = keyOf(target, messageKey, file);
      const known = made.get(key);
      if (known !== undefined) {
        ids.push(known);
        continue;
      }
      if (file.size > largestBytes || bytes + file.size > mostBytes || until.aborted) continue;
      const place: AttachmentPlace = { mailboxId: mailbox.id, ...ref, part: file.part };
      const attempt = () => send(api, target, file, () => openFile(place), until);
      let result = await attempt();
      // Its database may just have come back, or a gateway may have been in a hurry. If it fails once more, it is the file
      // that is too much: the mail has its link all the same.
      if (mayBeTheFile(result)) result = await attempt();
      if (mayBeTheFile(result)) continue;
      if (result.kind === 'unread') {
        const failures = (failed.get(key) ?? 0) + 1;
        failed.set(key, failures);
        if (failures < mostFailures) throw result.error;
      }
      if (result.kind === 'link' || result.kind === 'unread') continue;
      if (result.kind !== 'made') return result;
      bytes += file.size;
      ids.push(result.id);
      made.set(key, result.id);
    }
    return { kind: 'uploaded', ids, isPartial: ids.length < files.length };
  }

  return {
    wanted: (event) => filesOf(event).length > 0,

    async upload(api, target, event, signal) {
      const leave = await turns.take(signal);
      const over = new AbortController();
      const done = new AbortController();
      clock.sleep(limitMs, done.signal).then(
        () => over.abort(),
        // Its only failure is that the files were through before.
        () => undefined,
      );
      try {
        return await uploadAll(api, target, event, over.signal);
      } finally {
        done.abort();
        leave();
      }
    },

    forget(event) {
      for (const memory of [made, failed]) {
        for (const key of memory.keys()) if (key.includes(`\n${event.id}\n`)) memory.delete(key);
      }
    },
  };
}

type Sent =
  | { readonly kind: 'made'; readonly id: number | string }
  /** The file stays in the mailbox and is not uploaded later. */
  | { readonly kind: 'link' }
  /** The mailbox does not give it out now. */
  | { readonly kind: 'unread'; readonly error: unknown }
  | DeliveryOutcome;

/**
 * Statuses by which servers and gateways say that a body is too large or took too long (RFC 9110 sections 15.5.9 and
 * 15.5.14; 507 is WebDAV's, 524 Cloudflare's). Of a small request they speak of the destination.
 */
const tooMuch: ReadonlySet<number> = new Set([408, 413, 504, 507, 524]);

const mayBeTheFile = (result: Sent): boolean =>
  result.kind === 'refused' || (result.kind === 'held' && tooMuch.has(result.status ?? 0));

/** Nothing that another attempt would change; the answer says so. */
const isForGood = (error: unknown): boolean =>
  isBrokerError(error, 'message_gone', 'attachment_too_large', 'folder_missing', 'imap_unexpected');

async function send(
  api: NocobaseApi,
  target: string,
  file: AttachmentData,
  open: () => Promise<FileContent>,
  until: AbortSignal,
): Promise<Sent> {
  const source: Source = { failure: undefined, bytes: 0 };
  const unread = (error: unknown): Sent => (isForGood(error) ? { kind: 'link' } : { kind: 'unread', error });
  let opened: FileContent | undefined;
  try {
    // Before the request begins: the mailbox may let us wait.
    opened = await open();
  } catch (error) {
    if (!isBrokerError(error)) throw error;
    return unread(error);
  }
  const content = () => {
    const first = opened;
    opened = undefined;
    return first === undefined ? open() : Promise.resolve(first);
  };
  const boundary = `nmb-${randomUUID()}`;
  const path = `attachments:create?attachmentField=${encodeURIComponent(target)}`;
  const contentType = `multipart/form-data; boundary=${boundary}`;
  const answer = await api
    .upload(path, { contentType, body: () => form(boundary, file, content, source), timeoutMs: limitMs, until })
    .catch((error: unknown) => {
      if (error === until.reason) return undefined;
      throw error;
    })
    .finally(() => {
      // No connection was made that would have read it.
      opened?.destroy();
    });
  if (source.failure !== undefined) return unread(source.failure);
  if (answer === undefined) return { kind: 'link' };
  if ('kind' in answer) return answer;
  return judged(answer, source.bytes);
}

function judged(answer: OutboundAnswer, bytes: number): Sent {
  const outcome = classify(answer);
  if (outcome.kind === 'accepted') {
    const { data } = madeForm.safeParse(parsed(answer));
    // A form in which NocoBase finds no file makes a record without one, with 200.
    return data === undefined || data.data.size !== bytes ? unexpected(answer) : { kind: 'made', id: data.data.id };
  }
  // Too large for its storage, or of a type that it does not take: a rule of NocoBase, for which the mail must not
  // wait.
  if (answer.status === 400 && errorOf(answer).message !== '') return { kind: 'link' };
  return outcome;
}

interface Source {
  failure: unknown;
  bytes: number;
}

/** A form of one file (RFC 7578), as it comes from the mailbox: never the whole of it at once. */
async function* form(
  boundary: string,
  file: AttachmentData,
  open: () => Promise<FileContent>,
  source: Source,
): AsyncGenerator<Uint8Array> {
  const head = [
    `--${boundary}`,
    `Content-Disposition: form-data; name="file"; filename="${fileName(file.filename)}"`,
    `Content-Type: ${/^[\w.+-]{1,60}\/[\w.+-]{1,100}$/.test(file.contentType) ? file.contentType : 'application/octet-stream'}`,
    '',
    '',
  ];
  // Asked for once more because the connection had been idle: but it was the mailbox that failed.
  if (source.failure !== undefined) throw source.failure;
  source.bytes = 0;
  try {
    const content = await open();
    yield Buffer.from(head.join('\r\n'));
    for await (const chunk of content) {
      source.bytes += chunk.length;
      // The size that the mail states may be wrong.
      if (source.bytes > largestBytes) throw new BrokerError('attachment_too_large');
      yield chunk;
    }
    yield Buffer.from(`\r\n--${boundary}--\r\n`);
  } catch (error) {
    // Aborting the request ends this loop, too, with its own error.
    if (isBrokerError(error)) source.failure = error;
    throw error;
  }
}

// A column of NocoBase takes 255 characters, and it puts some of its own behind the name.
const longestName = 120;
const longestEnding = 20;

/** A name that breaks no header and fits NocoBase's columns; its ending stays, by which programs know the file. */
function fileName(name: string): string {
  const clean = [...name].map((character) => (isPlain(character) ? character : '_'));
  const dot = clean.lastIndexOf('.');
  const ending = dot > 0 && clean.length - dot <= longestEnding ? clean.slice(dot) : [];
  const stem = clean.slice(0, clean.length - ending.length).slice(0, longestName);
  return [...stem, ...ending].join('') || 'file';
}

const isPlain = (character: string): boolean =>
  character >= ' ' && character !== '\u007f' && !'"\\/'.includes(character);
