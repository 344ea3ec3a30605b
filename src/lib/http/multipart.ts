import { createHash } from 'node:crypto';
import type { HttpRequest } from '@azure/functions';
import type { BusboyFileStream } from '@fastify/busboy';
import { BrokerError, isBrokerError } from '../errors.ts';
import { bodyChunks } from './body.ts';

/** A file that lies somewhere until its request is answered. */
export interface StoredFile {
  /** May be called again. */
  open(): AsyncIterable<Uint8Array>;
  /** Never rejects. */
  drop(): Promise<void>;
}

/** Where the files of a request go as they come. */
export interface FileStore {
  /** @throws what `content` throws, and what the store throws; nothing is kept then */
  put(content: AsyncIterable<Uint8Array>): Promise<StoredFile>;
}

/** A file of a `multipart/form-data` request. */
export interface ReceivedFile extends StoredFile {
  /** As the request names it: anything may stand there. */
  readonly filename: string;
  readonly contentType: string;
  /** In bytes. */
  readonly size: number;
  /** Of its bytes, base64url. */
  readonly sha256: string;
}

/** Texts by their names; one that is repeated is a list. */
export type FormFields = Readonly<Record<string, string | readonly string[]>>;

export interface ReceivedForm {
  readonly fields: FormFields;
  readonly files: readonly ReceivedFile[];
}

export interface FormLimits {
  /** Of the whole body. */
  readonly limitBytes: number;
  readonly withinMs: number;
  /** The only field that may hold files. */
  readonly fileField: string;
  readonly mostFiles: number;
  readonly fieldBytes: number;
}

/** Texts and files together; no request has so many fields. */
const mostParts = 1_000;
/** What the parser gets at a time: a body may come as one piece, and files are to be streamed while it is read. */
const pieceBytes = 64 * 1024;

/** RFC 2046 section 5.1.1: 1 to 70 characters. */
const boundaryForm = /;\s*boundary=(?:"[^"]{1,70}"|[^\s";]{1,70})\s*(?:;|$)/i;

export const isMultipart = (request: HttpRequest): boolean =>
  /^multipart\/form-data\b/i.test(request.headers.get('content-type') ?? '');

/**
 * Reads a `multipart/form-data` body (RFC 7578) as it comes; files go to the store one after the other.
 * Everything that was sent is read or refused: a part that is cut off, has no name, or is none of a form fails the request.
 * @throws BrokerError `malformed_form` | `invalid_request` | `body_too_large` | `body_too_slow`, and what the store throws;
 * no file is left then
 */
export async function readMultipart(request: HttpRequest, limits: FormLimits, store: FileStore): Promise<ReceivedForm> {
  const { parser, read, files, failed, fail } = await createParser(request, limits, store);
  const timer = setTimeout(() => fail(new BrokerError('body_too_slow')), limits.withinMs);
  try {
    for await (const chunk of bodyChunks(request, limits)) {
      for (let at = 0; at < chunk.byteLength; at += pieceBytes) {
        const written = Promise.withResolvers<void>();
        parser.write(chunk.subarray(at, at + pieceBytes), () => written.resolve());
        await Promise.race([written.promise, failed]);
      }
    }
    const finished = new Promise<void>((resolve) => parser.once('finish', resolve));
    parser.end();
    await Promise.race([finished, failed]);
    const all = await Promise.all(files);
    return { fields: read(), files: await withoutBlanks(all) };
  } catch (error) {
    // What waits for the rest of a file learns that there is none.
    parser.emit('abort');
    const dropped = files.map((file) => file.then(({ drop }) => drop()).catch(() => {}));
    // A store that does not answer is not waited for; what it may still write is swept.
    if (!isBrokerError(error, 'body_too_slow')) await Promise.all(dropped);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function createParser(request: HttpRequest, limits: FormLimits, store: FileStore) {
  const type = request.headers.get('content-type') ?? '';
  // The parser never comes to an end with an empty one.
  if (!boundaryForm.test(type)) throw new BrokerError('malformed_form');
  // Loaded with the first upload.
  const { Busboy, Dicer } = await import('@fastify/busboy');
  const { fileField, mostFiles, fieldBytes } = limits;
  const fields = new Map<string, string[]>();
  const files: Promise<ReceivedFile>[] = [];
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  const refuse = (field: string, message: string) =>
    failure.reject(new BrokerError('invalid_request', { fields: [{ field: shownName(field), message }] }));
  const malformed = (cause: unknown) => failure.reject(new BrokerError('malformed_form', { cause }));

  let parser: InstanceType<typeof Busboy>;
  try {
    parser = new Busboy({
      headers: { 'content-type': type },
      limits: { files: mostFiles, fieldSize: fieldBytes, parts: mostParts, headerPairs: 20, headerSize: 8 * 1024 },
    });
  } catch (cause) {
    throw new BrokerError('malformed_form', { cause });
  }
  // The parser silently drops parts that it cannot read (such as one with a line break in its name).
  let parts = 0;
  const inner: unknown = Reflect.get(Object(Reflect.get(parser, '_parser')), 'parser');
  if (inner instanceof Dicer) inner.on('part', () => (parts += 1));

  parser.on('error', malformed);
  parser.on('filesLimit', () => refuse(fileField, `Has more than ${mostFiles} files.`));
  parser.on('partsLimit', () => refuse('body', `Has more than ${mostParts} parts.`));
  parser.on('field', (name: string | undefined, value: string, _: boolean, valueTruncated: boolean) => {
    if (name === undefined || name === '') return refuse('body', 'Has a part without a name.');
    if (valueTruncated) return refuse(name, `Has more than ${fieldBytes} bytes.`);
    fields.set(name, [...(fields.get(name) ?? []), value]);
  });
  parser.on('file', (name: string | undefined, stream, filename: string | undefined, _, contentType) => {
    stream.on('error', malformed);
    parser.once('abort', () => stream.destroy(new BrokerError('malformed_form')));
    if (name !== fileField) {
      stream.resume();
      return refuse(name ?? '', `Contains a file; files belong in ${fileField}.`);
    }
    const file = received(stream, store, { filename: filename ?? '', contentType });
    file.catch((error: unknown) => failure.reject(error));
    files.push(file);
  });

  const read = (): FormFields => {
    const texts = [...fields.values()].reduce((sum, { length }) => sum + length, 0);
    if (texts + files.length !== parts) throw new BrokerError('malformed_form');
    const form: Record<string, string | readonly string[]> = Object.create(null);
    for (const [name, values] of fields) {
      const [only = ''] = values;
      form[name] = values.length === 1 ? only : values;
    }
    return form;
  };
  return { parser, read, files, failed: failure.promise, fail: failure.reject };
}

/** A file input in which nothing was chosen sends a file without name and bytes. */
async function withoutBlanks(files: readonly ReceivedFile[]): Promise<readonly ReceivedFile[]> {
  const isBlank = ({ filename, size }: ReceivedFile) => filename === '' && size === 0;
  await Promise.all(files.filter(isBlank).map((file) => file.drop()));
  return files.filter((file) => !isBlank(file));
}

/** A file goes to the store as it comes. */
async function received(
  stream: BusboyFileStream,
  store: FileStore,
  named: Pick<ReceivedFile, 'filename' | 'contentType'>,
): Promise<ReceivedFile> {
  const hash = createHash('sha256');
  let size = 0;
  async function* hashed(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of stream) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  }
  const stored = await store.put(hashed());
  return { ...stored, ...named, size, sha256: hash.digest('base64url') };
}

/** A name of the request is given back only if it looks like one. */
const shownName = (name: string): string => (/^[\w.-]{1,64}$/.test(name) ? name : '(unnamed)');
