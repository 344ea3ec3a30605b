import { describe, expect, it } from 'vitest';
import { type Permission, type Publications, permissions, permissionsFor, resolvePermissions } from './permissions.ts';

const names = (list: readonly Permission[]) => list.map(({ service, type, value }) => `${service} ${type} ${value}`);

describe('permissions', () => {
  it('are the least that mail needs, and more only on request', () => {
    const least = [
      'exchange Scope IMAP.AccessAsUser.All',
      'exchange Scope SMTP.Send',
      'graph Scope openid',
      'graph Scope profile',
      'graph Scope email',
      'graph Scope offline_access',
      'graph Scope User.Read',
    ];
    expect(names(permissionsFor({ graphPermissions: [], opensByItself: false }))).toEqual(least);
    expect(
      names(
        permissionsFor({ graphPermissions: ['Mail.Send', 'Mail.Send.Shared', 'Mail.ReadWrite'], opensByItself: false }),
      ),
    ).toEqual([...least, 'graph Scope Mail.Send', 'graph Scope Mail.Send.Shared', 'graph Scope Mail.ReadWrite']);
    expect(names(permissionsFor({ graphPermissions: ['Mail.Send'], opensByItself: false }))).toEqual([
      ...least,
      'graph Scope Mail.Send',
    ]);
    expect(names(permissionsFor({ graphPermissions: ['Mail.ReadBasic'], opensByItself: false }))).toEqual([
      ...least,
      'graph Scope Mail.ReadBasic',
    ]);
    expect(names(permissionsFor({ graphPermissions: [], opensByItself: true }))).toEqual([
      ...least,
      'exchange Role IMAP.AccessAsApp',
      'exchange Role SMTP.SendAsApp',
    ]);
  });

  it('have ids of their own, each once', () => {
    const ids = permissions.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  it('the permissions at Microsoft Graph are delegated, so that no consent needs a Privileged Role Administrator', () => {
    expect(permissions.filter(({ service, type }) => service === 'graph' && type === 'Role')).toEqual([]);
  });
});

describe('the id of a permission', () => {
  const imap: Permission = { service: 'exchange', type: 'Scope', value: 'IMAP.AccessAsUser.All', id: 'known' };
  const asApp: Permission = { ...imap, type: 'Role', value: 'IMAP.AccessAsApp' };
  const exchange = (scopes: [string, string][], roles: [string, string][] = []): Publications => {
    const list = (entries: [string, string][]) => entries.map(([value, id]) => ({ value, id }));
    return {
      exchange: { objectId: 'e', scopes: list(scopes), roles: list(roles) },
      // A namesake that must never be taken.
      graph: {
        objectId: 'g',
        scopes: list([['IMAP.AccessAsUser.All', 'of-graph']]),
        roles: list([['IMAP.AccessAsApp', 'of-graph']]),
      },
    };
  };

  it.each<[string, Permission, Publications, string | undefined, number]>([
    ['is what its service publishes', imap, exchange([['IMAP.AccessAsUser.All', 'known']]), 'known', 0],
    [
      'is that of the directory where the table has another, and this is told',
      imap,
      exchange([['IMAP.AccessAsUser.All', 'new']]),
      'new',
      1,
    ],
    [
      'is not asked for where its service does not offer it, and this is told',
      imap,
      exchange([['EWS.AccessAsUser.All', 'x']]),
      undefined,
      1,
    ],
    [
      'of an app is not that of a namesake among the delegated ones',
      asApp,
      exchange([['IMAP.AccessAsApp', 'x']]),
      undefined,
      1,
    ],
    ['of an app is found among the roles', asApp, exchange([], [['IMAP.AccessAsApp', 'known']]), 'known', 0],
    ['is that of the table where nobody may look', imap, {}, 'known', 0],
  ])('%s', (_what, permission, published, id, notes) => {
    const found = resolvePermissions([permission], published);
    expect(found.permissions.map((one) => one.id)).toEqual(id === undefined ? [] : [id]);
    expect(found.notes).toHaveLength(notes);
  });
});
