import { describe, expect, it } from 'vitest';
import { admit } from './role-sign-in.ts';

const tenant = '11111111-2222-4333-8444-555555555555';
const other = '99999999-2222-4333-8444-555555555555';
const oid = 'aaaaaaaa-2222-4333-8444-555555555555';
const clientId = 'cccccccc-2222-4333-8444-555555555555';
const rule = { tenant, role: 'Broker.Admin' };
const claims = (change: Record<string, unknown> = {}) => ({
  aud: clientId,
  tid: tenant,
  oid,
  name: 'Ada',
  roles: ['Broker.Admin'],
  ...change,
});
const home = `${oid}.${tenant}`;

describe('the door of the dashboard', () => {
  it('opens for a person of the tenant who has the role', () => {
    expect(admit(claims(), home, clientId, rule)).toEqual({ tid: tenant, oid, name: 'Ada' });
  });

  it.each([
    [
      'somebody of another tenant, though she has the role there',
      claims({ tid: other }),
      `${oid}.${other}`,
      'admin_tenant_refused',
    ],
    ['a guest who has the role', claims(), `${oid}.${other}`, 'admin_guest_refused'],
    ['a person without any role', claims({ roles: undefined }), home, 'admin_role_missing'],
    ['a person with another role', claims({ roles: ['Broker.Reader', 'broker.admin '] }), home, 'admin_role_missing'],
    ['an id token for another application', claims({ aud: other }), home, 'sign_in_restart'],
    ['claims that say nothing of a person', { aud: clientId }, home, 'sign_in_restart'],
    ['no claims at all', undefined, home, 'sign_in_restart'],
    ['roles that are no list', claims({ roles: 'Broker.Admin' }), home, 'sign_in_restart'],
  ])('stays shut for %s', (_, given, account, code) => {
    expect(() => admit(given, account, clientId, rule)).toThrow(expect.objectContaining({ code }));
  });

  it('knows ids in whatever case they come', () => {
    expect(
      admit(claims({ tid: tenant.toUpperCase() }), home.toUpperCase(), clientId.toUpperCase(), rule),
    ).toBeDefined();
  });
});
