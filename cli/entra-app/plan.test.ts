import { describe, expect, it } from 'vitest';
import { adminRole } from '../../src/lib/domain/admin-role.ts';
import { type Application, applicationForm } from './forms.ts';
import { permissionsFor, services } from './permissions.ts';
import { adminRoleId, audiences, bodyOf, newApplication, planApplication, type Shape } from './plan.ts';

const callback = 'https://mail.example/api/oauth/callback';
const dashboard = 'https://mail.example/api/dashboard/callback';
const exchange = services.exchange.appId;
const graph = services.graph.appId;

const wanted: Shape = {
  displayName: 'Mail broker',
  audience: 'single',
  redirectUris: [callback, dashboard],
  permissions: permissionsFor({ graphPermissions: [], opensByItself: false }),
  foreign: false,
  published: {},
};
const foreign: Shape = { ...wanted, foreign: true };

/** An application as Graph would show it. */
const shown = (body: object): Application => applicationForm.parse({ id: 'o', appId: 'c', ...body });
const complete = newApplication(wanted);
const without = (name: string) => Object.fromEntries(Object.entries(complete).filter(([key]) => key !== name));

const plan = (body: object, shape = wanted) => planApplication(shown(body), shape);
const sentences = (body: object, shape = wanted) => plan(body, shape).map(({ sentence }) => sentence.en);

describe('a new application', () => {
  it('is for one tenant, with tokens of version 2, both redirect URIs and the role for administrators', () => {
    expect(complete).toMatchObject({
      displayName: 'Mail broker',
      signInAudience: 'AzureADMyOrg',
      api: { requestedAccessTokenVersion: 2 },
      web: { redirectUris: [callback, dashboard] },
      appRoles: [{ id: adminRole.id, value: 'Broker.Admin', allowedMemberTypes: ['User'], isEnabled: true }],
    });
  });

  it('asks Exchange for IMAP and SMTP, and Graph for the identity, each by its own ids', () => {
    expect(complete.requiredResourceAccess).toEqual([
      {
        resourceAppId: exchange,
        resourceAccess: [
          { id: '195adc35-e27b-454b-a7ed-1ecdffa1c09f', type: 'Scope' },
          { id: '76faac2a-0f20-42f1-928a-50de5b9dbe52', type: 'Scope' },
        ],
      },
      {
        resourceAppId: graph,
        resourceAccess: [
          '37f7f235-527c-4136-accd-4a02d197296e',
          '14dad69e-099b-42c9-810b-d002981feec1',
          '64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0',
          '7427e0e9-2fba-42fe-b0c0-848c9e6a8182',
          'e1fe6dd8-ba31-4d61-89e7-88639da4683d',
        ].map((id) => ({ id, type: 'Scope' })),
      },
    ]);
  });

  it('is as it should be: nothing is left to change', () => {
    expect(plan(complete)).toEqual([]);
  });

  it.each(['single', 'several', 'personal'] as const)('is for the audience %s when that is asked for', (audience) => {
    expect(newApplication({ ...wanted, audience }).signInAudience).toBe(audiences[audience]);
  });
});

const otherRole = {
  id: 'r1',
  value: 'Reader',
  isEnabled: true,
  allowedMemberTypes: ['User'],
  description: 'Reads',
  origin: 'Application',
};
const otherAccess = { resourceAppId: 'other', resourceAccess: [{ id: 'x', type: 'Role' }] };

describe('an application that is there', () => {
  it.each([
    [
      'redirect URIs',
      'web',
      { web: { redirectUris: ['https://old.example/cb', callback] } },
      { web: { redirectUris: ['https://old.example/cb', callback, dashboard] } },
    ],
    [
      'roles',
      'appRoles',
      { appRoles: [otherRole] },
      { appRoles: [otherRole, expect.objectContaining({ value: 'Broker.Admin' })] },
    ],
    ['no redirect URI at all', 'web', { web: null }, { web: { redirectUris: [callback, dashboard] } }],
    [
      'the audience of another time',
      'signInAudience',
      { signInAudience: 'AzureADMultipleOrgs' },
      { signInAudience: 'AzureADMyOrg' },
    ],
    [
      'tokens of version 1',
      'api',
      { api: { requestedAccessTokenVersion: null } },
      { api: { requestedAccessTokenVersion: 2 } },
    ],
  ])('keeps its other %s, and gets what is missing', (_what, name, body, change) => {
    const changes = plan({ ...without(name), ...body });
    expect(changes).toHaveLength(1);
    expect(bodyOf(changes)).toEqual(change);
  });

  it('keeps permissions of other services, and of the same ones', () => {
    const [first, second] = permissionsFor({ graphPermissions: [], opensByItself: false });
    const body = {
      ...without('requiredResourceAccess'),
      requiredResourceAccess: [
        otherAccess,
        {
          resourceAppId: exchange,
          resourceAccess: [
            { id: 'mine', type: 'Scope' },
            { id: first?.id, type: 'Scope' },
          ],
        },
      ],
    };
    const access = shown(bodyOf(plan(body))).requiredResourceAccess;
    expect(access[0]).toEqual(otherAccess);
    expect(access[1]).toEqual({
      resourceAppId: exchange,
      resourceAccess: ['mine', first?.id, second?.id].map((id) => ({ id, type: 'Scope' })),
    });
    expect(access[2]?.resourceAppId).toBe(graph);
    expect(sentences(body)).toEqual([
      'It does not ask for SMTP.Send (Office 365 Exchange Online), openid (Microsoft Graph), profile (Microsoft Graph), email (Microsoft Graph), offline_access (Microsoft Graph), User.Read (Microsoft Graph).',
    ]);
  });

  it('loses ids of Graph that stand under Exchange, and keeps those that both services have', () => {
    const published = {
      exchange: { objectId: 'e', scopes: [{ id: 'both', value: 'Mail.Read' }], roles: [] },
      graph: {
        objectId: 'g',
        scopes: [
          { id: 'both', value: 'Mail.Read' },
          { id: 'wrong', value: 'IMAP.AccessAsUser.All' },
        ],
        roles: [],
      },
    };
    const access = ['wrong', 'both', 'unknown'].map((id) => ({ id, type: 'Scope' }));
    const body = { ...complete, requiredResourceAccess: [{ resourceAppId: exchange, resourceAccess: access }] };
    const changes = plan(body, { ...wanted, published });
    const ids = shown(bodyOf(changes)).requiredResourceAccess[0]?.resourceAccess.map(({ id }) => id);
    expect(ids).not.toContain('wrong');
    expect(ids).toEqual(expect.arrayContaining(['both', 'unknown']));
    expect(changes.map(({ sentence }) => sentence.en).join(' ')).toContain('lists ids of Microsoft Graph: wrong');
  });

  it('keeps an administrator role that was created by hand, under its own id', () => {
    const byHand = { ...otherRole, id: 'hand', value: 'Broker.Admin' };
    expect(plan({ ...complete, appRoles: [byHand] })).toEqual([]);
    expect(adminRoleId(shown({ appRoles: [byHand] }))).toBe('hand');
  });

  it.each([
    ['disabled', { isEnabled: false }],
    ['for applications only', { allowedMemberTypes: ['Application'] }],
  ])('gets its role for administrators right where it is %s', (_how, how) => {
    const changes = plan({
      ...complete,
      appRoles: [otherRole, { ...otherRole, id: 'hand', value: 'Broker.Admin', ...how }],
    });
    expect(bodyOf(changes)).toMatchObject({
      appRoles: [otherRole, { id: 'hand', isEnabled: true, allowedMemberTypes: expect.arrayContaining(['User']) }],
    });
  });

  it('is told about, and not changed, where its role was renamed: Entra renames none that is enabled', () => {
    const changes = plan({ ...complete, appRoles: [{ ...otherRole, id: adminRole.id }] });
    expect(changes).toMatchObject([{ body: undefined, sentence: { en: expect.stringContaining('was renamed') } }]);
  });

  it('asks for more when more is wanted', () => {
    const more = {
      ...wanted,
      permissions: permissionsFor({
        graphPermissions: ['Mail.Send', 'Mail.Send.Shared', 'Mail.ReadWrite'],
        opensByItself: true,
      }),
    };
    expect(sentences(complete, more)).toEqual([
      'It does not ask for Mail.Send (Microsoft Graph), Mail.Send.Shared (Microsoft Graph), Mail.ReadWrite (Microsoft Graph), IMAP.AccessAsApp (Office 365 Exchange Online), SMTP.SendAsApp (Office 365 Exchange Online).',
    ]);
    expect(plan(newApplication(more), wanted)).toEqual([]);
  });
});

describe("somebody else's application", () => {
  it('is told whom it lets in, and left as it is; what only adds is added', () => {
    const body = { ...without('web'), signInAudience: 'AzureADMultipleOrgs', api: null };
    const changes = plan(body, foreign);
    expect(changes.map(({ body: change }) => change)).toEqual([
      undefined,
      { web: { redirectUris: [callback, dashboard] } },
    ]);
    expect(changes[0]?.sentence.en).toBe('It is for AzureADMultipleOrgs, and not for AzureADMyOrg.');
  });
});
