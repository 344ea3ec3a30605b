import { describe, expect, it } from 'vitest';
import { isAddrSpec, sameAddressKey, wireAddress } from './addr-spec.ts';
import { mostRecipients, readAddresses, recipients, sender } from './recipients.ts';

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
