import { decodeWords } from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { addressList, recipientsOf, senderAddress, senderOf } from './address-list.ts';

const shown = (header: string) => addressList(header, decodeWords).map(({ name, address }) => `${name}|${address}`);

describe('an address header', () => {
  it.each<[string, ...string[]]>([
    // As the RFC has it.
    ['ada@x.example', '|ada@x.example'],
    ['Ada <ada@x.example>', 'Ada|ada@x.example'],
    ['"Lovelace, Ada" <ada@x.example>, bob@x.example', 'Lovelace, Ada|ada@x.example', '|bob@x.example'],
    ['"Ada \\"the first\\" L" <ada@x.example>', 'Ada "the first" L|ada@x.example'],
    ['ada@x.example (Ada Lovelace)', 'Ada Lovelace|ada@x.example'],
    ['ada@x.example (Ada (Sales) Lovelace)', 'Ada (Sales) Lovelace|ada@x.example'],
    ['Ada <ada@x.example> (in Paris, until May)', 'Ada|ada@x.example'],
    ['', ...[]],
    // A comma in a name without quotes is a part of it.
    ['Foo, Joe <joe@x.example>', 'Foo, Joe|joe@x.example'],
    ['Foo,Joe <joe@x.example>', 'Foo,Joe|joe@x.example'],
    ['Company, Inc. <mb@x.example>', 'Company, Inc.|mb@x.example'],
    ['Joe Foo, PhD, MBA <joe@x.example>', 'Joe Foo, PhD, MBA|joe@x.example'],
    ['Hopper, Grace (Sales) <grace@x.example>', 'Hopper, Grace|grace@x.example'],
    ['Hopper (Sales, EMEA), Grace <grace@x.example>', 'Hopper , Grace|grace@x.example'],
    ['"Foo", Joe <joe@x.example>', 'Foo, Joe|joe@x.example'],
    ['Müller, Jörg <joerg@x.example>', 'Müller, Jörg|joerg@x.example'],
    ['Foo,, ,Joe <joe@x.example>', 'Foo,Joe|joe@x.example'],
    ['Foo, <joe@x.example>', 'Foo|joe@x.example'],
    ['Joe <joe@x.example>, PhD', 'Joe|joe@x.example', 'PhD|'],
    [
      'Berhane, Kidane T - Eagan, MN <kb@x.example>, ada@x.example, Foo, Joe <joe@x.example>',
      'Berhane, Kidane T - Eagan, MN|kb@x.example',
      '|ada@x.example',
      'Foo, Joe|joe@x.example',
    ],
    // But a name in front of a bare address was someone whose address is missing.
    ['Ada, grace@x.example', 'Ada|', '|grace@x.example'],
    // Encoded words: one that has a comma in it, and commas between them.
    ['=?utf-8?Q?Foo,_Joe?= <joe@x.example>', 'Foo, Joe|joe@x.example'],
    ['=?utf-8?Q?Foo=2C?= =?utf-8?Q?_J=C3=B6?= <joe@x.example>', 'Foo, Jö|joe@x.example'],
    ['=?utf-8?Q?F=C3=B6=C3=B6?=, =?utf-8?Q?Joe?= <joe@x.example>', 'Föö, Joe|joe@x.example'],
    ['"=?utf-8?B?RsO2w7YsIEpvZQ==?=" <joe@x.example>', 'Föö, Joe|joe@x.example'],
    ['=?utf-8?Q?=22Foo=22_=3Cjoe=40x.example=3E?=', 'Foo|joe@x.example'],
    ['=?utf-8?Q?"F=C3=B6=C3=B6,_Joe"?= <joe@x.example>', 'Föö, Joe|joe@x.example'],
    ['=?utf-8?B?am9l?=@x.example', '|=?utf-8?B?am9l?=@x.example'],
    // What is decoded is a name, and nothing in it becomes another address.
    ['=?utf-8?Q?eve=40y.example=2C?= <joe@x.example>', 'eve@y.example,|joe@x.example'],
    ['=?utf-8?Q?eve=40y.example?=', 'eve@y.example|'],
    ['"eve@y.example" <joe@x.example>', 'eve@y.example|joe@x.example'],
    ['eve@y.example <joe@x.example>', 'eve@y.example|joe@x.example'],
    // Groups.
    ['T: eve@y.example, "Joe" <joe@x.example>;', '|eve@y.example', 'Joe|joe@x.example'],
    ['A: a@x.example;, b@x.example, B: c@x.example;', '|a@x.example', '|b@x.example', '|c@x.example'],
    ['"Sales, all": a@x.example;', '|a@x.example'],
    ['undisclosed-recipients:;', ...[]],
    ['Undisclosed recipients: ;', ...[]],
    ['A: B: a@x.example;;', '|a@x.example'],
    // A colon that opens no group.
    ['Ticket: 123 <a@x.example>', 'Ticket: 123|a@x.example'],
    ['"Team: x" <a@x.example>', 'Team: x|a@x.example'],
    // Outlook's own separator.
    ['a@x.example; Bob <b@x.example>', '|a@x.example', 'Bob|b@x.example'],
    // Brackets that are missing, doubled or empty.
    ['Ada <ada@x.example', 'Ada|ada@x.example'],
    ['Ada <<ada@x.example>>', 'Ada|ada@x.example'],
    ['Ada <Sales <ada@x.example>', 'Ada|ada@x.example'],
    ['Ada <Sales> <ada@x.example>', 'Ada|ada@x.example'],
    ['Ada <ada@x.example> <eve@y.example>', 'Ada|ada@x.example'],
    ['<>', ...[]],
    ['Mailer <>', 'Mailer|'],
    ['"Ada <ada@x.example>', 'Ada|ada@x.example'],
    ['Ada (Sales <ada@x.example>', 'Ada (Sales|ada@x.example'],
    ['<Undisclosed-Recipient:;>', ...[]],
    ['root <root>', '|root'],
    // Old and odd forms of the address.
    ['[ada]@x.example', '|[ada]@x.example'],
    ['(Ada) [ada@x.example]', 'Ada|ada@x.example'],
    ['ada@x.example.', '|ada@x.example'],
    ['"Ada"ada@x.example', 'Ada|ada@x.example'],
    ['<@relay.example,@b.example:ada@x.example>', '|ada@x.example'],
    ['<ada @ x . example>', '|ada@x.example'],
    ['ada @ x.example', '|ada@x.example'],
    ['<ada\r\n\t@x.example>', '|ada@x.example'],
    ['<mailto:ada@x.example>', '|ada@x.example'],
    ['Ada [mailto:ada@x.example]', 'Ada|ada@x.example'],
    ["'ada@x.example'", '|ada@x.example'],
    ['ada@[192.0.2.1]', '|ada@[192.0.2.1]'],
    ['ada@[IPv6:2001:db8::1], b@x.example', '|ada@[IPv6:2001:db8::1]', '|b@x.example'],
    ['用户 <用户@例子.公司>', '用户|用户@例子.公司'],
    ['a@xn--mnchen-3ya.example', '|a@xn--mnchen-3ya.example'],
    // A quoted local part keeps its quotes where it needs them, so that its domain is the last one.
    ['"ada lovelace"@x.example', '|"ada lovelace"@x.example'],
    ['Ada <"a>b,"@x.example>', 'Ada|"a>b,"@x.example'],
    ['"eve@y.example"@x.example', '|"eve@y.example"@x.example'],
    ['"ada"@x.example', '|ada@x.example'],
    ['"a\u0006da"@x.example', '|ada@x.example'],
    [
      `b@x.example, "  <c@x.example>, D <d@x.example>${' '.repeat(40)}"@x.example, e@x.example`,
      ...['|b@x.example', '|c@x.example', 'D @x.example|d@x.example', '|e@x.example'],
    ],
    ['Ada', 'Ada|'],
    ['ada@x.example <ada@x.example>', '|ada@x.example'],
  ])('%j names %j', (header, ...names) => {
    expect(shown(header)).toEqual(names);
  });

  it.each<[string, string]>([
    ['brackets', `${'<'.repeat(200_000)}>`],
    ['brackets and quotes', `${'<"'.repeat(100_000)}>`],
    ['escapes', '\\"'.repeat(100_000)],
    ['comments', '('.repeat(200_000)],
    ['commas', `a${','.repeat(200_000)}b <x@x.example>`],
    ['commas in quotes', `"${','.repeat(200_000)}b" <x@x.example>`],
    ['dots', `a@x${'.'.repeat(200_000)}b`],
    ['spaces', `a${' '.repeat(200_000)}b@x.example`],
    ['signs', '@'.repeat(200_000)],
    ['words', '=?a?q?'.repeat(33_000)],
    ['colons', ':'.repeat(100_000) + ';'.repeat(100_000)],
    ['addresses', 'a <a@x>, '.repeat(22_000)],
  ])('a header of 200 KB of %s is read in linear time', (_, header) => {
    // What went back and tried again at every sign would take minutes, and the suite would time out.
    expect(shown(header).length).toBeLessThanOrEqual(22_000);
  });
});

describe('the recipients', () => {
  it('are those with an address', () => {
    expect(recipientsOf('Ada, grace@x.example, <>, Bob', decodeWords)).toEqual([
      { name: '', address: 'grace@x.example' },
    ]);
  });
});

describe('the sender', () => {
  it.each<[string, string | undefined]>([
    ['Ada, grace@x.example', 'grace@x.example'],
    ['a@x.example, b@x.example', 'a@x.example'],
    ['T: eve@y.example, good@x.example;', 'eve@y.example'],
    ['Ada', ''],
    ['', undefined],
    ['<>', undefined],
    ['T:;', undefined],
  ])('is read from %j as %j', (header, address) => {
    expect(senderOf(header, decodeWords)?.address).toBe(address);
    expect(senderAddress(header)).toBe(address ?? '');
  });

  it.each<[string | undefined, string]>([
    [undefined, ''],
    ['Ada <Ada@X.example>', 'ada@x.example'],
    ['Ada\r\n <ada@x.example>', 'ada@x.example'],
    [Buffer.from('Jos\u00e9 <jose\u0301@x.example>').toString('latin1'), 'jos\u00e9@x.example'],
    [Buffer.from('Jos\u00e9 <jos\u00e9@x.example>', 'latin1').toString('latin1'), 'jos\u00e9@x.example'],
    ['=?iso-2022-jp?B?GyRCRUU7UhsoQiA8am9lQHguZXhhbXBsZT4=?=', 'joe@x.example'],
    ['=?koi8-r?Q?=F0=D2_<joe@x.example>?=', 'joe@x.example'],
  ])('the sender of %j is identified by %j', (header, address) => {
    expect(senderAddress(header)).toBe(address);
  });
});
