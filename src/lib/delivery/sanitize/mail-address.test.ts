import { describe, expect, it } from 'vitest';
import { contentIdOf, imageAddress, linkAddress } from './mail-address.ts';

describe('where a link leads', () => {
  it.each([
    ['https://x.example/a?b=1&c=2#d', 'https://x.example/a?b=1&c=2#d'],
    ['HTTPS://X.Example', 'https://x.example/'],
    ['  http://x.example:8080/a b ', 'http://x.example:8080/a%20b'],
    ['https:\\\\x.example\\a', 'https://x.example/a'],
    ['https:///x.example/a', 'https://x.example/a'],
    ['h\nt\ttps://x.example/', 'https://x.example/'],
    ['https://m\u00fcnchen.example/', 'https://xn--mnchen-3ya.example/'],
    ['https://nocobase.example@evil.example/', 'https://evil.example/'],
    ['https://user:password@x.example/', 'https://x.example/'],
    ['mailto:ada@contoso.example?subject=a%20b', 'mailto:ada@contoso.example?subject=a%20b'],
    ['tel:+49-89-1234', 'tel:+49-89-1234'],
  ])('is written out: %j', (text, address) => {
    expect(linkAddress(text)).toBe(address);
  });

  it.each([
    'https:/admin',
    'https:admin',
    'https:',
    'https://',
    'https:?a',
    'http:/admin',
    'http:admin',
    'h\nttps:/admin',
    '/admin',
    'admin',
    '//x.example/',
    '\\\\x.example/',
    '?a',
    '#a',
    '',
    'https://exa mple/',
    'https://[x/',
    'javascript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,x',
    'blob:https://x.example/1',
    'file:///etc/passwd',
    'ftp://x.example/',
    'mailto:a<!-- -->@x.example',
    `https://x.example/${'a'.repeat(20_000)}`,
  ])('is nowhere: %j', (text) => {
    expect(linkAddress(text)).toBeUndefined();
  });
});

describe('where an image lies', () => {
  it.each([
    ['http://x.example/a.png', 'http://x.example/a.png'],
    ['cid:logo@x', 'cid:logo@x'],
    ['CID:\nlogo@x', 'cid:logo@x'],
    ['data:image/png;base64,iVBO\r\n Rw0=', 'data:image/png;base64,iVBORw0='],
    ['DATA:image/GIF;base64,R0lG', 'DATA:image/GIF;base64,R0lG'],
  ])('is written out: %j', (text, address) => {
    expect(imageAddress(text, undefined)).toBe(address);
  });

  it.each([
    'https:/api/auth:signOut',
    'https:api/auth:signOut',
    'mailto:ada@contoso.example',
    'data:image/svg+xml;base64,PHN2Zz4=',
    'data:image/png,<svg onload=x>',
    'data:text/html;base64,PHN2Zz4=',
    'data:image/png;base64,AA"onerror="x',
    'cid:<x>',
    'http://127.1/',
    'http://0x7f000001/',
    'http://192.168.1.1/reboot',
    'http://[fe80::1]/',
  ])('is nowhere: %j', (text) => {
    expect(imageAddress(text, undefined)).toBeUndefined();
  });
});

it('the Content-ID of an image is what follows its scheme', () => {
  expect(contentIdOf(' c\nid:a%40b ')).toBe('a%40b');
  expect(contentIdOf('https://x.example/cid:a')).toBeUndefined();
});
