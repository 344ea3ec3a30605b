import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw, constants as zlib, zstdDecompress } from 'node:zlib';

type Decoder = (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Promise<Uint8Array>;

const [ungzip, unzlib, undeflate, unbrotli, unzstd] = [
  promisify(gunzip),
  promisify(inflate),
  promisify(inflateRaw),
  promisify(brotliDecompress),
  promisify(zstdDecompress),
];

/** RFC 1950 section 2.2: deflate within zlib, as RFC 9110 wants it. Some servers send it bare. */
const isZlib = ([first = 0, second = 0]: Uint8Array): boolean => first % 16 === 8 && (first * 256 + second) % 31 === 0;

/**
 * The codings of RFC 9110 section 8.4.1, and zstd (RFC 9659 with its bound on the window). Not compress: it is not in
 * use.
 */
const decoders: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['gzip', ungzip],
  ['x-gzip', ungzip],
  ['deflate', (bytes, options) => (isZlib(bytes) ? unzlib : undeflate)(bytes, options)],
  ['br', unbrotli],
  ['zstd', (bytes, options) => unzstd(bytes, { ...options, params: { [zlib.ZSTD_d_windowLogMax]: 23 } })],
]);

/** More than one is a slip of some proxy; more than these someone's wish to keep us busy. */
const mostCodings = 3;

/**
 * The codings of a body, in the order in which they were applied; `identity` is none. Some servers and caches encode
 * although the request says that it wants nothing encoded.
 */
export const codingsOf = (contentEncoding: string | undefined): readonly string[] =>
  (contentEncoding ?? '')
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity');

/**
 * A body without its codings.
 * @param mostBytes of the result, and of each intermediate step
 * @returns undefined if a coding is unknown, the bytes are not in it, or there are more
 */
export async function decoded(
  body: Uint8Array,
  codings: readonly string[],
  mostBytes: number,
): Promise<Uint8Array | undefined> {
  if (codings.length > mostCodings) return undefined;
  let bytes = body;
  for (const coding of codings.toReversed()) {
    const decode = decoders.get(coding);
    if (decode === undefined) return undefined;
    try {
      bytes = await decode(bytes, { maxOutputLength: mostBytes });
    } catch {
      // From a stranger: what is wrong with it says no more than that it cannot be read.
      return undefined;
    }
  }
  return bytes;
}
