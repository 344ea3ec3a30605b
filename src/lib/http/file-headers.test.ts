import { describe, expect, it } from 'vitest';
import { fileHeaders } from './file-headers.ts';

const headersOf = (filename: string, contentType = 'application/pdf', charset?: string) =>
  new Headers(fileHeaders({ filename, contentType, charset }));

describe('the headers of a file from a mail', () => {
  it.each([
    ['plan.pdf', `attachment; filename="plan.pdf"; filename*=UTF-8''plan.pdf`],
    ['a "b" \\ c.txt', `attachment; filename="a _b_ _ c.txt"; filename*=UTF-8''a%20%22b%22%20%5C%20c.txt`],
    ['Grüße.pdf', `attachment; filename="Gr__e.pdf"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.pdf`],
    ['报价 🙂.xlsx', `attachment; filename="__ __.xlsx"; filename*=UTF-8''%E6%8A%A5%E4%BB%B7%20%F0%9F%99%82.xlsx`],
    ["it's (1)*.pdf", `attachment; filename="it's (1)*.pdf"; filename*=UTF-8''it%27s%20%281%29%2A.pdf`],
    ['100%41.pdf', `attachment; filename="100_41.pdf"; filename*=UTF-8''100%2541.pdf`],
    ['a\r\nSet-Cookie: x', `attachment; filename="a__Set-Cookie: x"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x`],
    ['half \ud800', `attachment; filename="half _"; filename*=UTF-8''half%20%EF%BF%BD`],
  ])('name %j', (filename, disposition) => {
    expect(headersOf(filename).get('content-disposition')).toBe(disposition);
  });

  it.each<[string, string | undefined, string]>([
    ['application/pdf', undefined, 'application/pdf'],
    ['Image/PNG', undefined, 'image/png'],
    ['text/plain', 'utf-8', 'text/plain; charset=utf-8'],
    ['text/csv', 'iso-8859-1', 'text/csv; charset=iso-8859-1'],
    ['text/plain', 'x"; y', 'text/plain'],
    ['application/zip', 'utf-8', 'application/zip'],
    [
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      undefined,
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    ],
    ...[
      'text/html',
      'TEXT/HTML',
      'text/javascript',
      'text/css',
      'text/xml',
      'text/vtt',
      'application/xhtml+xml',
      'application/xml',
      'application/javascript',
      'application/json',
      'image/svg+xml',
      'message/rfc822',
      'multipart/mixed',
      'multipart/x-mixed-replace',
      'application/wasm',
      'application/x-httpd-php',
      'application/vnd.openxmlformats-officedocument.x+html',
      'text/plain\r\nX-Evil: 1',
      'text',
      '',
      'x/y',
      'application/',
    ].map((type): [string, string | undefined, string] => [type, undefined, 'application/octet-stream']),
  ])('give a file of the type %j with the charset %j the type %j', (type, charset, served) => {
    expect(headersOf('a', type, charset).get('content-type')).toBe(served);
  });

  it('let a browser save it and do nothing else', () => {
    const headers = headersOf('a.pdf');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
    expect(headers.get('content-disposition')).toMatch(/^attachment;/);
  });
});
