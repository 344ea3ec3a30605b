import { describe, expect, it } from 'vitest';
import { messageIdOf, messageIdsOf, repliedToOf, withoutBrackets } from './message-ids.ts';

const nobody = () => false;
const ada = (address: string) => address.toLowerCase() === 'ada@x.example';

describe('the id of a mail', () => {
  it.each<[string, string | undefined]>([
    ['<1@x.example>', '<1@x.example>'],
    ['\r\n <1@x.example>', '<1@x.example>'],
    ['<3D4@x.example>\r\n (added by postmaster@x.example)', '<3D4@x.example>'],
    ['(by hand <nobody@x.example>) <1@x.example>', '<1@x.example>'],
    ['<1@x.example> <2@x.example>', '<1@x.example>'],
    ['<prod-AA==@communication.aca\r\n\tdomia.example>', '<prod-AA==@communication.acadomia.example>'],
    ['< 1@x.example >', '<1@x.example>'],
    ['<1@x.example>+6B4FEAF0AA4CB1CC', '<1@x.example>'],
    ['<1(a)"b"@x.example>', '<1(a)"b"@x.example>'],
    ['bare@x.example', 'bare@x.example'],
    ['bare@x.example (a comment)', 'bare@x.example'],
    ['<half@x.example', 'half@x.example'],
    ['two words', 'two words'],
    ['<1@mu\u0308ller.example>', '<1@m\u00fcller.example>'],
    ['<>', undefined],
    ['', undefined],
    [' ', undefined],
  ])('is read from %j as %j', (header, id) => {
    expect(messageIdOf(header)).toBe(id);
  });
});

describe('the ids before it', () => {
  it.each<[string, ...string[]]>([
    ['<1@x> <2@x>', '<1@x>', '<2@x>'],
    ['<1@x><2@x>,\r\n\t<3@x>', '<1@x>', '<2@x>', '<3@x>'],
    ['<1@x> (see <no@x>) "<no@x>" <2@x>', '<1@x>', '<2@x>'],
    ['<1@x> <1@x> <2@x>', '<1@x>', '<2@x>'],
    ['<a\r\n b@x> <2@x>', '<ab@x>', '<2@x>'],
    ['1@x 2@x', '1@x', '2@x'],
    ['undefined undefined', ...[]],
    ['<undefined> <null>', ...[]],
    ['<ada@x.example> <2@x>', '<2@x>'],
    ['<1@mu\u0308ller.example>', '<1@m\u00fcller.example>'],
    ['', ...[]],
  ])('are read from %j as %j', (header, ...ids) => {
    expect(messageIdsOf(header, ada)).toEqual(ids);
  });

  it('are all told, of however many', () => {
    const ids = Array.from({ length: 5_000 }, (_, n) => `<${n}@x.example>`);
    expect(messageIdsOf(ids.join(' '), nobody)).toEqual(ids);
  });

  it.each([
    ['brackets', '<'.repeat(200_000)],
    ['quotes', '"\\'.repeat(100_000)],
    ['comments', '('.repeat(200_000)],
    ['spaces', `a${' '.repeat(200_000)}b`],
    ['one id', `<${'a'.repeat(200_000)}>`],
  ])('are looked for in 200 KB of %s in linear time', (_, header) => {
    expect([messageIdOf(header), repliedToOf(header, nobody), messageIdsOf(header, nobody)]).toHaveLength(3);
  });
});

describe('the id of the mail that is answered', () => {
  it.each<[string, string | undefined]>([
    ['<1@x>', '<1@x>'],
    ['<1@x> <2@x>', '<1@x>'],
    ['bare@x', 'bare@x'],
    // What programs wrote while RFC 822 allowed words, and some still do.
    ['Message from Gary <gary@y.example> of "28 Aug 2002 15:06:39 EDT." <m2a@y.example>', '<m2a@y.example>'],
    ['Your message of "Wed, 28 Aug 2002 15:06:39 EDT." <m2a@y.example>', '<m2a@y.example>'],
    ['Your message of Wed, 28 Aug 2002 15:06:39 EDT <m2a@y.example>', '<m2a@y.example>'],
    ['<m2a@y.example> (Gary\'s message of "Wed, 28 Aug 2002")', '<m2a@y.example>'],
    ['Gary\'s message of "Wed, 28 Aug 2002" <m2a@y.example>', '<m2a@y.example>'],
    ['<m2a@y.example> from "Gary" at Aug 28, 2002 03:06:39 PM', '<m2a@y.example>'],
    ['<m2a@y.example>; from gary@y.example on Wed, Aug 28', '<m2a@y.example>'],
    ['<m2a@y.example> from Gary <gary@y.example>', '<m2a@y.example>'],
    ['Nachricht von Gary <gary@y.example> vom 28. August <m2a@y.example>', '<m2a@y.example>'],
    ['Message from gary@y.example of "28 Aug 2002 15:06:39 EDT." <m2a@y.example>', '<m2a@y.example>'],
    ['<<m2a@y.example>+4075DA63F0F3317D>', '<m2a@y.example>'],
    // A person alone.
    ['<Gary <gary@y.example>', undefined],
    ['Message of "28 Aug 2002" from Gary <gary@y.example>', undefined],
    ['Message from <gary@y.example>', undefined],
    ['Message de Gary <gary@y.example>', undefined],
    ['Gary <gary@y.example> "Re: hello" (Aug 28,  3:06pm)', undefined],
    ['"Gary" <gary@y.example>', undefined],
    ['"from gary@y.example" at Aug 28, 2002', undefined],
    ['Message from gary@y.example', undefined],
    ['<ada@x.example>', undefined],
    ['Ada@X.example', undefined],
    ['undefined', undefined],
    ['your mail', undefined],
    ['', undefined],
  ])('is read from %j as %j', (header, id) => {
    expect(repliedToOf(header, ada)).toBe(id);
  });
});

it('is compared without its brackets', () => {
  expect([withoutBrackets('<1@x>'), withoutBrackets('1@x')]).toEqual(['1@x', '1@x']);
});
