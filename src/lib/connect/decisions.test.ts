import { describe, expect, it } from 'vitest';
import { type Expected, judgePerson } from './identity.ts';
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
  });
});

describe('the person who came back', () => {
  const ada = { tid: 'T1', oid: 'O1', username: 'Ada@Contoso.example' };
  const cases: [string, Expected, boolean][] = [
    ['has the expected address', { kind: 'address', address: 'ada@contoso.example' }, true],
    ['has it in other letters', { kind: 'address', address: ' ADA@contoso.EXAMPLE ' }, true],
    ['has another address', { kind: 'address', address: 'bob@contoso.example' }, false],
    ['has an address that begins alike', { kind: 'address', address: 'ada@contoso.example.evil' }, false],
    ['meets a link without an address', { kind: 'address', address: '' }, false],
    ['meets a link for anybody', { kind: 'anybody' }, true],
    ['is the one behind the mailbox', { kind: 'person', tid: 't1', oid: 'o1', address: 'old@contoso.example' }, true],
    ['is of another tenant', { kind: 'person', tid: 't2', oid: 'o1', address: 'ada@contoso.example' }, false],
    ['is another one of the tenant', { kind: 'person', tid: 't1', oid: 'o2', address: 'ada@contoso.example' }, false],
  ];
  it.each(cases)('%s', (_what, expected, fits) => {
    const judged = judgePerson(expected, ada);
    expect(judged.kind).toBe(fits ? 'accepted' : 'refused');
    if (judged.kind === 'refused' && expected.kind !== 'anybody') {
      expect(judged).toMatchObject({
        code: 'wrong_account',
        addresses: { expected: expected.address, actual: ada.username },
      });
    }
  });

  it('may have the expected address as a further one', () => {
    const expected: Expected = { kind: 'address', address: 'sales@contoso.example' };
    expect(judgePerson(expected, ada, [ada.username, 'Sales@contoso.example']).kind).toBe('accepted');
  });
});
