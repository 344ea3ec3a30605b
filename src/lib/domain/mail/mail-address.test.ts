import { expect, it } from 'vitest';
import { asciiAddress, isMailAddress } from './mail-address.ts';

it.each(['ada@contoso.example', 'ada.lovelace+x@münchen.example', "o'neill@x.example", 'ada@xn--mnchen-3ya.example'])(
  '%j can be the address of a mailbox',
  (name) => expect(isMailAddress(name)).toBe(true),
);

it.each([
  '',
  ' ',
  '+15551234567',
  '15551234567',
  'ada',
  'live.com#ada@outlook.example',
  'ada_fabrikam.example#EXT#@contoso.example',
  'CONTOSO\\ada',
  'ada@contoso@example',
  '@contoso.example',
  'ada@',
  'ada lovelace@contoso.example',
  `${'a'.repeat(250)}@x.example`,
])('%j can not', (name) => expect(isMailAddress(name)).toBe(false));

it.each([
  ['ada@münchen.example', 'ada@xn--mnchen-3ya.example'],
  ['Ada@MÜNCHEN.example', 'Ada@xn--mnchen-3ya.example'],
  ['ada@mu\u0308nchen.example', 'ada@xn--mnchen-3ya.example'],
  ['ada@例子.example', 'ada@xn--fsqu00a.example'],
  ['jörg@contoso.example', 'jörg@contoso.example'],
  ['Ada@Contoso.Example', 'Ada@Contoso.Example'],
  ['ada@xn--mnchen-3ya.example', 'ada@xn--mnchen-3ya.example'],
  ['ada@127.1', 'ada@127.1'],
  ['ä', 'ä'],
])('%j is written %j where a domain has to be in ASCII', (address, ascii) => {
  expect(asciiAddress(address)).toBe(ascii);
});
