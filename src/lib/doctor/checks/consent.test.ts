import { describe, expect, it } from 'vitest';
import { appRolesIn } from '../../entra/app-roles.ts';
import { BrokerError } from '../../errors.ts';
import { consentCheck, judge } from './consent.ts';
import type { Finding } from './types.ts';

const resource = 'https://outlook.office.com';
const user = {
  id: 'mbx_1',
  address: 'ada@contoso.example',
  grant: { kind: 'user', tid: 'tenant', oid: 'ada' },
} as const;
const app = { id: 'mbx_2', address: 'desk@contoso.example', grant: { kind: 'app', tid: 'tenant' } } as const;
const all = [`${resource}/IMAP.AccessAsUser.All`, `${resource}/SMTP.Send`];

describe('the consent, by the scopes of a token,', () => {
  it.each([
    ['is complete where reading and sending are covered', user, all, 'complete'],
    ['lacks sending, which is a warning', user, all.slice(0, 1), 'warn'],
    ['lacks reading, which is a failure', user, all.slice(1), 'fail'],
    ['is complete where the app has both permissions', app, ['IMAP.AccessAsApp', 'SMTP.SendAsApp'], 'complete'],
    ['lacks a permission of the app', app, ['IMAP.AccessAsApp'], 'warn'],
    ['lacks all permissions of the app', app, [], 'fail'],
    ['is unknown where the token cannot be read', app, undefined, 'unknown'],
  ] as const)('%s', (_, mailbox, scopes, expected) => {
    const told = judge(mailbox, scopes);
    expect(typeof told === 'string' ? told : told.status).toBe(expected);
  });
});

describe('the roles in a token of the app', () => {
  const token = (claims: unknown) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.sig`;
  it.each([
    ['are read from its claims', token({ roles: ['IMAP.AccessAsApp'] }), ['IMAP.AccessAsApp']],
    ['are none where nothing was granted', token({ aud: 'x' }), []],
    ['are unknown in an opaque token', 'EwBoA8l6BAAU', undefined],
    ['are unknown in a token whose claims are no object', token('text'), undefined],
  ])('%s', (_, text, expected) => {
    expect(appRolesIn(text)).toEqual(expected);
  });
});

describe('the check of consent', () => {
  async function look(rows: readonly object[], of: (grant: { oid?: string }) => Promise<unknown>) {
    const found: Finding[] = [];
    const check = consentCheck({
      registry: { list: async () => ({ items: rows.map((row) => ({ row })), cursor: undefined }) } as never,
      tokens: { of } as never,
    });
    const access = { isLimited: false, mailbox: () => true, destination: () => true };
    await check.run((finding) => found.push(finding), new AbortController().signal, access);
    return found.map(({ subject, status }) => [subject, status]);
  }

  it('knows nothing before the first sign-in', async () => {
    expect(await look([], async () => undefined)).toEqual([[undefined, 'unknown']]);
  });

  it('asks once for each sign-in, and sums up by tenant', async () => {
    let asked = 0;
    const rows = [user, { ...user, id: 'mbx_3' }, { ...user, grant: { ...user.grant, oid: 'grace' } }];
    const found = await look(rows, async () => {
      asked += 1;
      return { scopes: all };
    });
    expect([asked, found]).toEqual([2, [['tenant', 'ok']]]);
  });

  it('names who lacks consent, and calls unknown what gives no token for another reason', async () => {
    const rows = [user, { ...user, id: 'mbx_3', grant: { ...user.grant, oid: 'grace' } }];
    const found = await look(rows, async ({ oid }) => {
      throw new BrokerError(oid === 'ada' ? 'consent_missing' : 'entra_unavailable');
    });
    expect(found).toEqual([
      ['mbx_1', 'fail'],
      ['tenant', 'unknown'],
    ]);
  });
});
