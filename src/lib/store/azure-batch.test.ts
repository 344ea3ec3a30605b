import { TableClient } from '@azure/data-tables';
import { describe, expect, it } from 'vitest';
import { batchAnswer, batchBody } from './azure-batch.ts';
import { toEntity } from './azure-entity.ts';
import { type BatchOperation, isStoreError } from './table.ts';

const values = {
  text: "quotes ' and é and 日本",
  empty: '',
  whole: -5,
  truth: false,
  large: 9_007_199_254_740_993n,
  at: new Date('2026-03-01T10:00:00.123Z'),
  bytes: new Uint8Array([0, 1, 250, 255]),
  left: undefined,
};
const row = (rowKey: string) => ({ partitionKey: 's0001', rowKey, values });
const etag = `W/"datetime'2026-11-22T19%3A26%3A10.7224496Z'"`;
const operations: readonly BatchOperation[] = [
  { kind: 'replace', row: row('!'), etag },
  { kind: 'upsert', row: row("c!mbx_0001_x!o'neil & co/é") },
  { kind: 'insert', row: row('o!new') },
  { kind: 'delete', rowKey: 'd!old one' },
];

/** What the SDK sends for the same operations. */
async function bytesOfSdk(): Promise<{ body: unknown; headers: Record<string, string>; url: string }> {
  let seen: { body: unknown; headers: Record<string, string>; url: string } | undefined;
  const client = new TableClient('https://account.table.example', 'mail', {
    retryOptions: { maxRetries: 0 },
    additionalPolicies: [
      {
        position: 'perCall',
        policy: {
          name: 'look',
          async sendRequest(request) {
            seen = { body: request.body, headers: request.headers.toJSON(), url: request.url };
            throw new Error('Nothing is sent.');
          },
        },
      },
    ],
  });
  await client
    .submitTransaction([
      ['update', toEntity(row('!')), 'Replace', { etag }],
      ['upsert', toEntity(row("c!mbx_0001_x!o'neil & co/é")), 'Replace'],
      ['create', toEntity(row('o!new'))],
      ['delete', { partitionKey: 's0001', rowKey: 'd!old one' }],
    ])
    .catch(() => undefined);
  if (seen === undefined) throw new Error('The SDK has sent nothing.');
  return seen;
}

describe('the body of a transaction', () => {
  it('is byte for byte what the SDK would send', async () => {
    const sdk = await bytesOfSdk();
    const ids = /batch_(\S+)[\s\S]*?changeset_(\S+)/.exec(String(sdk.body))?.slice(1) ?? [];
    const left = [...ids];
    const at = { address: 'https://account.table.example', table: 'mail', partitionKey: 's0001' };
    const own = batchBody(at, operations, () => left.shift() ?? '');
    expect(own.text).toBe(sdk.body);
    expect(sdk.headers['content-type']).toBe(own.contentType);
    expect(sdk.url).toBe(`${at.address}/$batch`);
  });

  it('names the row that cannot be written', () => {
    const at = { address: 'https://account.table.example', table: 'mail', partitionKey: 's0001' };
    const wrong: BatchOperation = { kind: 'upsert', row: { ...row('b'), values: { n: 2 ** 40 } } };
    const make = () => batchBody(at, [{ kind: 'upsert', row: row('a') }, wrong]);
    expect(make).toThrow(expect.objectContaining({ kind: 'refused', index: 1 }));
    expect(() => {
      try {
        make();
      } catch (error) {
        if (isStoreError(error, 'refused')) throw error.cause;
      }
    }).toThrow('column n is not a 32-bit integer');
  });
});

describe('the answer to a transaction', () => {
  const part = (text: string) =>
    `--changesetresponse_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n${text}\r\n`;
  const whole = (...parts: string[]) =>
    `--batchresponse_1\r\nContent-Type: multipart/mixed; boundary=changesetresponse_1\r\n\r\n${parts.map(part).join('')}--changesetresponse_1--\r\n--batchresponse_1--\r\n`;
  const done = (tag: string) => `HTTP/1.1 204 No Content\r\nDataServiceVersion: 3.0;\r\nETag: ${tag}\r\n\r\n`;

  it('has an ETag for each row, and none for one that is deleted', () => {
    expect(batchAnswer(202, whole(done('W/"1"'), 'HTTP/1.1 204 No Content\r\n\r\n', done('W/"2"')))).toEqual({
      kind: 'applied',
      etags: ['W/"1"', '', 'W/"2"'],
    });
  });

  it.each([
    [409, 'EntityAlreadyExists', '1:The specified entity already exists.\nRequestId:1'],
    [412, 'UpdateConditionNotSatisfied', '0:The update condition specified in the request was not satisfied.'],
  ])('is a failure by the part that says %i', (status, code, value) => {
    const error = JSON.stringify({ 'odata.error': { code, message: { lang: 'en-US', value } } });
    const text = `HTTP/1.1 ${status} No\r\nContent-Type: application/json\r\n\r\n${error}`;
    expect(batchAnswer(202, whole(text))).toEqual({ kind: 'failed', statusCode: status, code, message: value });
  });

  it.each([
    [503, '<html>busy</html>', { statusCode: 503, code: undefined }],
    [413, '', { statusCode: 413, code: undefined }],
    [
      404,
      '{"odata.error":{"code":"TableNotFound","message":{"value":"No."}}}',
      { statusCode: 404, code: 'TableNotFound' },
    ],
  ])('is a failure by its own status %i', (status, body, expected) => {
    expect(batchAnswer(status, body)).toMatchObject({ kind: 'failed', ...expected });
  });

  it('that was cut off has fewer ETags than operations, and one that makes no sense is no answer', () => {
    expect(batchAnswer(202, whole(done('W/"1"')).slice(0, 40))).toEqual({ kind: 'applied', etags: [] });
    expect(batchAnswer(202, whole('garbage'))).toMatchObject({ kind: 'failed', statusCode: 502 });
  });
});
