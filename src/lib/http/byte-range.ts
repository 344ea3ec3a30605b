import { BrokerError } from '../errors.ts';

/** Bytes of a file, both ends inclusive; without `last` to its end. */
export interface ByteRange {
  readonly first: number;
  readonly last: number | undefined;
}

/**
 * The range that a request asks for (RFC 9110 section 14.2). Undefined: the whole file; so it is for several ranges, for
 * the last bytes of a file whose length is not known before it has been read, and for what is no range.
 */
export function byteRange(header: string | null): ByteRange | undefined {
  const match = /^bytes=(\d{1,15})-(\d{1,15})?$/.exec(header?.trim() ?? '');
  if (match === null) return undefined;
  const first = Number(match[1]);
  const last = match[2] === undefined ? undefined : Number(match[2]);
  return last !== undefined && last < first ? undefined : { first, last };
}

/** A piece of a file, in memory, and whether the file continues behind it. */
export interface Piece {
  readonly bytes: Uint8Array;
  /** Of the whole file; undefined if it was not read to its end. */
  readonly length: number | undefined;
}

/**
 * Reads a range, and no more of the file than that takes: what comes before has to be fetched and passed over.
 * @throws BrokerError `range_not_satisfiable` if the file ends before the range begins
 */
export async function readRange(source: AsyncIterable<Uint8Array>, { first, last }: ByteRange): Promise<Piece> {
  const taken: Uint8Array[] = [];
  let at = 0;
  for await (const chunk of source) {
    const from = Math.max(0, first - at);
    const to = last === undefined ? chunk.length : Math.min(chunk.length, last + 1 - at);
    if (from < to) taken.push(chunk.subarray(from, to));
    at += chunk.length;
    if (last !== undefined && at > last) return { bytes: Buffer.concat(taken), length: undefined };
  }
  if (first >= at) throw new BrokerError('range_not_satisfiable');
  return { bytes: Buffer.concat(taken), length: at };
}

/** The headers of a 206 (RFC 9110 section 14.4); `*` for a length that is not known. */
export function rangeHeaders({ first }: ByteRange, { bytes, length }: Piece): Record<string, string> {
  return { 'Content-Range': `bytes ${first}-${first + bytes.length - 1}/${length ?? '*'}` };
}
