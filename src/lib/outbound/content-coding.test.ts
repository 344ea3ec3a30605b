import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { codingsOf, decoded } from './content-coding.ts';

const text = JSON.stringify({ data: { messageKey: 'm_1', subject: 'Grüße 你好'.repeat(50) } });
const plain = Buffer.from(text);
const enough = 64 * 1024;

describe('a body that is encoded', () => {
  it.each<[string, string, Uint8Array]>([
    ['gzip', 'gzip', gzipSync(plain)],
    ['gzip by its old name', 'X-GZip', gzipSync(plain)],
    ['gzip in two members', 'gzip', Buffer.concat([gzipSync(plain.subarray(0, 9)), gzipSync(plain.subarray(9))])],
    ['deflate', 'deflate', deflateSync(plain)],
    ['deflate without its zlib header', 'deflate', deflateRawSync(plain)],
    ['brotli', 'br', brotliCompressSync(plain)],
    ['zstd', 'zstd', zstdCompressSync(plain)],
    ['gzip, then brotli', 'gzip, br', brotliCompressSync(gzipSync(plain))],
    ['nothing', 'identity', plain],
    ['nothing at all', '', plain],
  ])('a body encoded as %s is read', async (_what, header, body) => {
    expect(Buffer.from((await decoded(body, codingsOf(header), enough)) ?? []).toString()).toBe(text);
  });

  it.each<[string, string, Uint8Array]>([
    ['in a coding that nobody knows', 'snappy', plain],
    ['in a coding that is a name of every object', 'constructor', plain],
    ['in a coding that it is not in', 'gzip', plain],
    ['and cut', 'gzip', gzipSync(plain).subarray(0, 40)],
    ['more often than any server does', 'gzip, gzip, gzip, gzip', plain],
    ['and larger than is kept', 'gzip', gzipSync(Buffer.alloc(enough + 1))],
    ['and much larger than is kept', 'br', brotliCompressSync(Buffer.alloc(50_000_000))],
    [
      'and larger than is kept between two codings',
      'gzip, gzip',
      gzipSync(gzipSync(Buffer.alloc(50_000_000), { level: 0 })),
    ],
  ])('%s is not', async (_what, header, body) => {
    expect(await decoded(body, codingsOf(header), enough)).toBeUndefined();
  });
});
