import { describe, expect, it } from 'vitest';
import { bindingCookie, cookieValue } from '../pages/cookies.ts';
import { postedByOurPage } from '../pages/same-site.ts';

describe('a form', () => {
  const ours = 'https://broker.example/base';
  const cases: [string, Record<string, string>, boolean][] = [
    ['posted by our own page', { 'sec-fetch-site': 'same-origin' }, true],
    ['posted by another page', { 'sec-fetch-site': 'cross-site' }, false],
    ['posted by a sibling host', { 'sec-fetch-site': 'same-site' }, false],
    ['typed into the address bar', { 'sec-fetch-site': 'none' }, false],
    ['of an old browser on our page', { origin: 'https://broker.example' }, true],
    ['of an old browser elsewhere', { origin: 'https://evil.example' }, false],
    ['with an origin withheld', { origin: 'null' }, false],
    ['of nobody knows who', {}, false],
    [
      'from elsewhere with our origin beside it',
      { 'sec-fetch-site': 'cross-site', origin: 'https://broker.example' },
      false,
    ],
    ['with a host made up', { host: 'broker.example', 'x-forwarded-host': 'broker.example' }, false],
  ];
  it.each(cases)('%s', (_what, headers, expected) => {
    expect(postedByOurPage(new Headers(headers), ours)).toBe(expected);
  });
});

describe('the cookie that binds a sign-in', () => {
  it('has what __Host- asks for, and comes back over a redirect from another site', () => {
    expect(bindingCookie('__Host-nmb-00', 'v', 600)).toEqual({
      name: '__Host-nmb-00',
      value: 'v',
      path: '/',
      secure: true,
      httpOnly: true,
      sameSite: 'Lax',
      maxAge: 600,
    });
  });

  it.each([
    ['a=1; __Host-x=v=w; b=2', '__Host-x', 'v=w'],
    ['__Host-x=v', '__Host-x', 'v'],
    ['__Host-xy=v', '__Host-x', undefined],
    ['x__Host-x=v', '__Host-x', undefined],
    ['__Host-x', '__Host-x', undefined],
    ['a=1;\t __Host-x = v \t; b=2', '__Host-x', 'v'],
    ['', '__Host-x', undefined],
    [null, '__Host-x', undefined],
  ])('is read from %j under %s as %j', (header, name, expected) => {
    expect(cookieValue(header, name)).toBe(expected);
  });

  // Browsers keep names that begin with __Host- from neighbouring sites; to them, none of these does.
  it.each(['\u00a0', '\u0085', '\ufeff', '\u2000', '\u3000', '\u000b', '\u000c', '\r', '\n'])(
    'is not one whose name begins with the blank %j',
    (blank) => {
      expect(cookieValue(`a=1; ${blank}__Host-x=v`, '__Host-x')).toBeUndefined();
      expect(cookieValue(`${blank}__Host-x=v`, '__Host-x')).toBeUndefined();
    },
  );

  it('is found at once, whatever blanks stand in the header', () => {
    const before = performance.now();
    expect(cookieValue(`a=${' '.repeat(1_000_000)}x; __Host-x=v`, '__Host-x')).toBe('v');
    expect(performance.now() - before).toBeLessThan(1_000);
  });
});
