import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { byteRange, rangeHeaders, readRange } from './byte-range.ts';
import { type FileFacts, fileHeaders } from './file-headers.ts';

/** A file that is being fetched. */
export interface FileToSend {
  readonly file: Omit<FileFacts, 'charset'>;
  readonly charset: string | undefined;
  readonly bytes: Readable;
}

/**
 * A file from a stranger's mail as an answer, harmless in any browser; its head alone, or a range of it (206), where that is
 * what is asked for. Of a range no more is fetched than up to its end.
 * @throws BrokerError `range_not_satisfiable`, and what the fetching throws
 */
export async function fileAnswer(
  request: Pick<HttpRequest, 'method' | 'headers'>,
  { file, charset, bytes }: FileToSend,
): Promise<HttpResponseInit> {
  const headers = { ...fileHeaders({ ...file, charset }), 'Accept-Ranges': 'bytes' };
  if (request.method === 'HEAD') {
    bytes.destroy();
    return { status: 200, headers };
  }
  const range = byteRange(request.headers.get('range'));
  if (range === undefined) {
    const body: ReadableStream<Uint8Array> = Readable.toWeb(bytes);
    return { status: 200, headers, body };
  }
  try {
    const piece = await readRange(bytes, range);
    return { status: 206, headers: { ...headers, ...rangeHeaders(range, piece) }, body: piece.bytes };
  } finally {
    bytes.destroy();
  }
}
