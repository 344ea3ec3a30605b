import { describe, expect, it } from 'vitest';
import { aliasMailbox, type KnownNames, ownMailbox, type Wanted } from './choose-mailbox.ts';
import { sameAddress, samePerson } from './identity.ts';
import { returnUrlFault, withResult } from './return-url.ts';

describe('an address to return to', () => {
  const origins = ['https://nocobase.contoso.example', 'http://localhost:13000', 'https://x.example:8443'];

  it.each([
    'https://nocobase.contoso.example',
    'https://nocobase.contoso.example/admin/page?tab=1&user=a@b',
    'http://localhost:13000/done',
    'https://x.example:8443/',
    'HTTPS://NocoBase.contoso.example/x',
  ])('may be %s', (text) => {
    expect(returnUrlFault(text, origins)).toBeUndefined();
  });

  it.each([
    'http://nocobase.contoso.example/',
    'https://nocobase.contoso.example.evil.example/',
    'https://nocobase.contoso.example:444/',
    'https://nocobase.contoso.example@evil.example/',
    'https://user@nocobase.contoso.example/',
    'https://user:pass@nocobase.contoso.example/',
    'https://evil.example/?https://nocobase.contoso.example',
    'https://evil.example\\@nocobase.contoso.example/',
    'https:\\\\nocobase.contoso.example/',
    'https://nocobase.contoso.example/#x',
    'https://nocobase.contoso.example/#',
    '//nocobase.contoso.example/',
    '/admin',
    'javascript:alert(1)',
    'data:text/html,x',
    'http://127.0.0.1:13000/',
    'http://localhost:13001/',
    'nocobase.contoso.example',
    '',
  ])('may not be %j', (text) => {
    expect(returnUrlFault(text, origins)).toBeTypeOf('string');
  });

  it('gets the result as a hint, and keeps its own query', () => {
    expect(
      withResult('https://n.example/a?x=1', { kind: 'connected', mailboxId: 'mbx_1', address: 'a@b.example' }),
    ).toBe('https://n.example/a?x=1&status=connected&mailboxId=mbx_1');
    expect(withResult('https://n.example/?status=old', { kind: 'failed', code: 'wrong_account' })).toBe(
      'https://n.example/?status=failed&code=wrong_account',
    );
    expect(withResult('https://n.example/', { kind: 'consented' })).toBe('https://n.example/?status=consented');
  });
});

describe('addresses and people', () => {
  it.each([
    ['ada@contoso.example', ' ADA@contoso.EXAMPLE ', true],
    ['ada@contoso.example', 'bob@contoso.example', false],
    ['ada@contoso.example', 'ada@contoso.example.evil', false],
    ['ada@münchen.example', 'ADA@xn--mnchen-3ya.example', true],
    ['ada@munchen.example', 'ada@xn--mnchen-3ya.example', false],
    ['', '', false],
    [' ', '', false],
  ])('%j and %j: the same is %s', (one, other, same) => {
    expect(sameAddress(one, other)).toBe(same);
  });

  it.each([
    [{ tid: 't1', oid: 'o1' }, true],
    [{ tid: 'T1', oid: 'O1' }, true],
    [{ tid: 't2', oid: 'o1' }, false],
    [{ tid: 't1', oid: 'o2' }, false],
  ])('%j is the person t1, o1: %s', (person, same) => {
    expect(samePerson(person, { tid: 't1', oid: 'o1' })).toBe(same);
  });
});

describe('the mailbox of somebody who has signed in', () => {
  const ada = 'ada@contoso.example';
  const old = 'ada.byron@contoso.example';
  const byHand = 'ada@contoso.onmicrosoft.example';
  type Case = readonly [what: string, known: KnownNames | undefined, former: string | undefined, like: Partial<Wanted>];
  const cases: readonly Case[] = [
    ['is new: her log-in name', undefined, undefined, { address: ada, logins: [ada] }],
    ['is known under it', { address: 'Ada@Contoso.example', login: ada }, undefined, { address: ada, logins: [ada] }],
    [
      'is known with a log-in name of its own, which stays',
      { address: ada, login: byHand },
      undefined,
      { address: ada, logins: [byHand, ada] },
    ],
    ['has gone with her to a new name', { address: old, login: old }, old, { address: ada, logins: [ada] }],
    [
      'has gone with her, and its log-in name stayed',
      { address: old, login: byHand },
      old,
      { address: ada, logins: [byHand, ada] },
    ],
    ['nobody knows her former name', { address: old, login: old }, undefined, { address: ada, logins: [ada] }],
    [
      'is connected under another address of hers, which stays',
      { address: 'sales@contoso.example', login: 'sales@contoso.example' },
      ada,
      { address: 'sales@contoso.example', logins: ['sales@contoso.example', ada] },
    ],
    [
      'is connected under another address and her name of then',
      { address: 'sales@contoso.example', login: old },
      old,
      { address: 'sales@contoso.example', logins: [old, ada] },
    ],
  ];
  it.each(cases)('%s', (_what, known, former, like) => {
    expect(ownMailbox(ada, known, former)).toEqual({ shared: false, mustOpen: false, ...like });
  });

  const directory = {
    primary: 'ada.lovelace@contoso.example',
    own: ['ada.lovelace@contoso.example', 'Sales@contoso.example'],
    others: ['ada@home.example'],
  };
  it.each([
    ['her primary one', 'ada.lovelace@contoso.example', ['ada.lovelace@contoso.example', ada], false],
    [
      'another one of hers',
      'sales@contoso.example',
      ['sales@contoso.example', ada, 'ada.lovelace@contoso.example'],
      false,
    ],
    // Nothing but a log-in under this very name shows that it is hers.
    ['one that is only noted for her', 'ADA@home.example', ['ADA@home.example'], true],
  ])('is meant by an address: %s', (_what, expected, logins, mustOpen) => {
    expect(aliasMailbox(expected, ada, directory)).toEqual({ address: expected, logins, shared: false, mustOpen });
  });

  it.each(['bob@contoso.example', 'ada.lovelace@contoso.example.evil', ''])('is not meant by %j', (expected) => {
    expect(aliasMailbox(expected, ada, directory)).toBeUndefined();
  });
});
