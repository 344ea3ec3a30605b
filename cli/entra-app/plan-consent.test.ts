import { describe, expect, it } from 'vitest';
import type { Grant } from './forms.ts';
import { permissionsFor } from './permissions.ts';
import { type ConsentWish, consentWishes, planConsent } from './plan-consent.ts';

const wish: ConsentWish = { resourceId: 'exchange', scopes: ['IMAP.AccessAsUser.All', 'SMTP.Send'], roleIds: [] };
const grant = (scope: string, more: Partial<Grant> = {}): Grant => ({
  ...{ id: 'g1', resourceId: 'exchange', consentType: 'AllPrincipals', scope },
  ...more,
});

describe('consent for everybody', () => {
  it.each<[string, readonly Grant[], object[]]>([
    [
      'is given where there is none',
      [],
      [{ kind: 'grant', resourceId: 'exchange', scope: 'IMAP.AccessAsUser.All SMTP.Send' }],
    ],
    ['is complete where all was granted', [grant('SMTP.Send IMAP.AccessAsUser.All')], []],
    ['is complete in any case of letters', [grant(' imap.accessasuser.all  smtp.send ')], []],
    [
      'is added to what others consented to',
      [grant('EWS.AccessAsUser.All SMTP.Send')],
      [{ kind: 'extend', grantId: 'g1', scope: 'EWS.AccessAsUser.All SMTP.Send IMAP.AccessAsUser.All' }],
    ],
    [
      'is not that of one person',
      [grant('IMAP.AccessAsUser.All SMTP.Send', { consentType: 'Principal' })],
      [{ kind: 'grant', resourceId: 'exchange', scope: 'IMAP.AccessAsUser.All SMTP.Send' }],
    ],
    [
      'is not that to another service',
      [grant('IMAP.AccessAsUser.All SMTP.Send', { resourceId: 'graph' })],
      [{ kind: 'grant', resourceId: 'exchange', scope: 'IMAP.AccessAsUser.All SMTP.Send' }],
    ],
  ])('%s', (_what, grants, changes) => {
    expect(planConsent({ grants, assignments: [] }, [wish])).toEqual(changes);
  });

  it('gives each role of the app once, and only of its service', () => {
    const wishes = [{ ...wish, scopes: [], roleIds: ['r1', 'r2'] }];
    const assignments = [
      { principalId: 'p', resourceId: 'exchange', appRoleId: 'r1' },
      { principalId: 'p', resourceId: 'graph', appRoleId: 'r2' },
    ];
    expect(planConsent({ grants: [], assignments }, wishes)).toEqual([
      { kind: 'role', resourceId: 'exchange', appRoleId: 'r2' },
    ]);
  });
});

describe('what is consented to', () => {
  const published = { objectId: 'e', scopes: [], roles: [] };

  it('is every permission, by its service', () => {
    const all = permissionsFor({ graphPermissions: [], opensByItself: true });
    const { wishes, unseen } = consentWishes(all, { exchange: published, graph: { ...published, objectId: 'g' } });
    expect(unseen).toEqual([]);
    expect(wishes).toEqual([
      {
        resourceId: 'e',
        scopes: ['IMAP.AccessAsUser.All', 'SMTP.Send'],
        roleIds: ['5e5addcd-3e8d-4e90-baf5-964efab2b20a', '7146a1f0-8703-45b3-9eae-527a64c00995'],
      },
      { resourceId: 'g', scopes: ['openid', 'profile', 'email', 'offline_access', 'User.Read'], roleIds: [] },
    ]);
  });

  it('names the services that could not be checked', () => {
    const all = permissionsFor({ graphPermissions: [], opensByItself: false });
    expect(consentWishes(all, { graph: published }).unseen).toEqual(['exchange']);
  });
});
