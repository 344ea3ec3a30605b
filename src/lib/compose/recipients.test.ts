import { describe, expect, it } from 'vitest';
import { isAddrSpec, sameAddressKey, wireAddress } from './addr-spec.ts';
import { mostRecipients, readAddresses, recipients, sender } from './recipients.ts';

const longest = `${'a'.repeat(64)}@${`${'b'.repeat(63)}.`.repeat(2)}${'c'.repeat(53)}.example`;

const shown = (text: string) => readAddresses(text)?.map(({ name, address }) => `${name}|${address}`);

describe('recipients as a text', () => {
  it.each<[string, ...string[]]>([
    ['', ...[]],
    ['ada@x.example', '|ada@x.example'],
    ['Ada Lovelace <ada@x.example>', 'Ada Lovelace|ada@x.example'],
    ['"Lovelace, Ada" <ada@x.example>, bob@x.example', 'Lovelace, Ada|ada@x.example', '|bob@x.example'],
    ['Lovelace, Ada <ada@x.example>; bob@x.example', 'Lovelace, Ada|ada@x.example', '|bob@x.example'],
    ['Team: a@x.example, b@x.example;', '|a@x.example', '|b@x.example'],
    ['ada@x.example (Ada, in Paris)', 'Ada, in Paris|ada@x.example'],
    ['"ada@home" <ada@x.example>', 'ada@home|ada@x.example'],
    // Local parts that few have seen and RFC 5321 allows.
    ['"john doe"@x.example', '|"john doe"@x.example'],
    ['"very.unusual.@.unusual"@x.example', '|"very.unusual.@.unusual"@x.example'],
    ['"a\\"b"@x.example', '|"a\\"b"@x.example'],
    ["#!$%&'*+-/=?^_`{}|~@x.example", "|#!$%&'*+-/=?^_`{}|~@x.example"],
    ["o'brien+list@x.example", "|o'brien+list@x.example"],
    ['user%other@x.example', '|user%other@x.example'],
    ['x@localhost', '|x@localhost'],
    // The dot at the end of a sentence is none of it.
    ['ada@x.example.', '|ada@x.example'],
    ['ada@[192.0.2.1]', '|ada@[192.0.2.1]'],
    ['ada@[IPv6:2001:db8::1]', '|ada@[ipv6:2001:db8::1]'],
    // Beyond ASCII: domains become what DNS knows; local parts stay.
    ['ada@münchen.example', '|ada@xn--mnchen-3ya.example'],
    ['ADA@MÜNCHEN.Example', '|ADA@xn--mnchen-3ya.example'],
    ['用户@例子.example', '|用户@xn--fsqu00a.example'],
    ['Jörg <jörg@x.example>', 'Jörg|jörg@x.example'],
    ['ada@XN--MNCHEN-3YA.example', '|ada@xn--mnchen-3ya.example'],
    ['ada@faß.example', '|ada@xn--fa-hia.example'],
    ['ada@münchen。example', '|ada@xn--mnchen-3ya.example'],
    // At the limits of RFC 5321 section 4.5.3.1: 64 octets and 254.
    [`${'a'.repeat(64)}@x.example`, `|${'a'.repeat(64)}@x.example`],
    [`${'ä'.repeat(32)}@x.example`, `|${'ä'.repeat(32)}@x.example`],
    [longest, `|${longest}`],
    // Comments in front and behind are names; groups are their members, and those of no one are none.
    ['(Ada) ada@x.example', 'Ada|ada@x.example'],
    ['ada@x.example (アダ)', 'アダ|ada@x.example'],
    ['undisclosed-recipients:;', ...[]],
    ['Team: Ada <ada@x.example>; bob@x.example', 'Ada|ada@x.example', '|bob@x.example'],
    // An encoded word is no name here, but the text that it is.
    ['=?utf-8?Q?Ada=0D=0ABcc=3A?= <ada@x.example>', '=?utf-8?Q?Ada=0D=0ABcc=3A?=|ada@x.example'],
  ])('%s is read whole', (text, ...expected) => {
    expect(shown(text)).toEqual(expected);
  });

  it.each([
    // Someone would be left out, or be taken for a name.
    'ada@x.example bob@y.example',
    'Ada <ada@x.example> Bob <bob@y.example>',
    'Ada <ada@x.example>, Bob',
    'Ada, bob@x.example',
    'eve@y.example <ada@x.example>',
    'Ada',
    // No addresses.
    'ada@',
    '@x.example',
    'ada@x@y.example',
    'ada@x..example',
    'ada@-x.example',
    '.ada@x.example',
    'a..da@x.example',
    'ada @x y.example',
    'ada@[999.0.2.1]',
    'ada@[x.example]',
    `${'a'.repeat(65)}@x.example`,
    `${'ä'.repeat(33)}@x.example`,
    `a${longest}`,
    // Obsolete (RFC 5322 section 4.4): a route, comments and blanks within an address, words with dots between them.
    '<@relay.example:ada@x.example>',
    'Ada <@a.example,@b.example:ada@x.example>',
    'ada(comment)@x.example',
    'ada@(comment)x.example',
    'ada . b@x.example',
    '"ada".b@x.example',
    'ada\\@b@x.example',
    // RFC 5321 allows it, and nodemailer sends to none of them.
    '"a<b>"@x.example',
    '"a\\<b"@x.example',
    'ada@x_y.example',
    'ada@xn--.example',
    '"jö rg"@x.example',
    `ada@${'a'.repeat(64)}.example`,
    `ada@${'a.'.repeat(126)}example`,
    '"ada\u0007"@x.example',
    // Header injection.
    'ada@x.example\r\nBcc: eve@y.example',
    'Ada\nBcc: eve@y.example <ada@x.example>',
    'Ada\u2028 <ada@x.example>',
    'ada@x.example\0',
  ])('%j is refused whole', (text) => {
    expect(shown(text)).toBeUndefined();
  });
});

describe('recipients in a request', () => {
  it('are texts, objects, or a list of both, each address once', () => {
    const list = ['Ada <ada@x.example>, bob@x.example', { name: 'Grace', address: 'grace@x.example' }, 'ADA@x.example'];
    expect(recipients.parse(list)).toEqual([
      { name: 'Ada', address: 'ada@x.example' },
      { name: '', address: 'bob@x.example' },
      { name: 'Grace', address: 'grace@x.example' },
    ]);
  });

  it.each([
    [{ address: 'ada@x.example' }],
    [[{ name: 'Ada\r\nBcc: eve@y.example', address: 'ada@x.example' }]],
    [[{ address: 'ada@x.example, bob@x.example' }]],
    [[{ address: 'ada@x.example>' }]],
    [['Ada <ada@x.example> Bob <bob@y.example>']],
    [[['ada@x.example']]],
    [7],
  ])('%j is refused', (value) => {
    expect(recipients.safeParse(value).success).toBe(false);
  });

  it.each([
    [['ada@x.example', 'bob', 'eve@x.example'], 'Names no mail address in entry 2 of its list.'],
    [['ada@x.example', { address: 'bob' }], 'Names no mail address in entry 2 of its list.'],
    ['ada@x.example, bob@x.example, Eve <eve>', 'Names no mail address at position 3.'],
    ['ada', 'Is not a list of mail addresses such as "Ada <ada@x.example>, grace@x.example".'],
    [7, 'Needs mail addresses such as "Ada <ada@x.example>, grace@x.example", as one text or a list.'],
  ])('are refused with the place of the first that is none: %j', (value, message) => {
    expect(recipients.safeParse(value).error?.issues.map((issue) => issue.message)).toEqual([message]);
  });

  it('are not more than Exchange takes', () => {
    const people = Array.from({ length: mostRecipients + 1 }, (_, index) => `u${index}@x.example`);
    expect(recipients.safeParse(people).success).toBe(false);
    expect(recipients.parse(people.slice(1))).toHaveLength(mostRecipients);
  });

  it('have one sender', () => {
    expect(sender.parse('Support <support@x.example>')).toEqual({ name: 'Support', address: 'support@x.example' });
    for (const none of ['', 'a@x.example, b@x.example']) expect(sender.safeParse(none).success).toBe(false);
  });
});

describe('an address', () => {
  it('is compared without regard to case and to the form of its domain', () => {
    expect(sameAddressKey('Ada@MÜNCHEN.example')).toBe(sameAddressKey('ada@xn--mnchen-3ya.example'));
    expect(wireAddress('Ada@X.Example')).toBe('Ada@x.example');
  });

  it('may have a domain in either form', () => {
    expect(isAddrSpec('ada@münchen.example')).toBe(true);
    expect(isAddrSpec('ada@xn--mnchen-3ya.example')).toBe(true);
  });
});
