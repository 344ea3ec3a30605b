import type { GraphMailPermission } from '../../src/lib/domain/graph-permissions.ts';

/** Microsoft's services that the broker asks permissions of, by their application ids, which are the same in every tenant. */
export const services = {
  graph: { appId: '00000003-0000-0000-c000-000000000000', name: 'Microsoft Graph' },
  exchange: { appId: '00000002-0000-0ff1-ce00-000000000000', name: 'Office 365 Exchange Online' },
} as const;

export type Service = keyof typeof services;
export const serviceList: readonly Service[] = ['exchange', 'graph'];

export interface Permission {
  readonly service: Service;
  /** `Scope`: delegated, on behalf of a person. `Role`: of the app itself. Graph's own words in `resourceAccess.type`. */
  readonly type: 'Scope' | 'Role';
  readonly value: string;
  /**
   * The id as public lists have it. The directory is asked by name; this is the check, and what is used where a person may
   * not read the directory.
   */
  readonly id: string;
  /** The wish that asks for it; without one it is always asked for. */
  readonly wish?: 'graphMail' | 'opensByItself';
}

const scope = (service: Service, value: string, id: string, wish?: Permission['wish']): Permission => ({
  ...{ service, type: 'Scope', value, id },
  ...(wish === undefined ? {} : { wish }),
});

/**
 * Every permission of the broker. IMAP and SMTP are asked of Exchange, whose tokens alone its servers take. Graph has
 * permissions of the same names with other ids, and a Graph id under the Exchange resource breaks consent (AADSTS65006).
 *
 * Ids of Graph: https://learn.microsoft.com/graph/permissions-reference . Those of Exchange stand in no such page; they are
 * what the service principal of a tenant publishes, as two public lists have it: the delegated ones in `constants.py` of
 * the Python package azol, the roles in
 * https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
 * (names) and in manifests that people show.
 */
export const permissions: readonly Permission[] = [
  scope('exchange', 'IMAP.AccessAsUser.All', '195adc35-e27b-454b-a7ed-1ecdffa1c09f'),
  scope('exchange', 'SMTP.Send', '76faac2a-0f20-42f1-928a-50de5b9dbe52'),
  scope('graph', 'openid', '37f7f235-527c-4136-accd-4a02d197296e'),
  scope('graph', 'profile', '14dad69e-099b-42c9-810b-d002981feec1'),
  scope('graph', 'email', '64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0'),
  scope('graph', 'offline_access', '7427e0e9-2fba-42fe-b0c0-848c9e6a8182'),
  scope('graph', 'User.Read', 'e1fe6dd8-ba31-4d61-89e7-88639da4683d'),
  scope('graph', 'Mail.Send', 'e383f46e-2787-4529-855e-0e479a3ffac0', 'graphMail'),
  scope('graph', 'Mail.Send.Shared', 'a367ab51-6b49-43bf-a716-a1fb06d2a174', 'graphMail'),
  scope('graph', 'Mail.ReadWrite', '024d486e-b451-40bb-833d-3e66d98c5c73', 'graphMail'),
  scope('graph', 'Mail.ReadBasic', 'a4b8392a-d8d1-4954-a029-8e668a39a170', 'graphMail'),
  scope('graph', 'Calendars.ReadWrite', '1ec239c2-d7c9-4623-a91a-a9775856bb36', 'graphMail'),
  {
    ...{ service: 'exchange', type: 'Role', value: 'IMAP.AccessAsApp' },
    ...{ id: '5e5addcd-3e8d-4e90-baf5-964efab2b20a', wish: 'opensByItself' },
  },
  {
    ...{ service: 'exchange', type: 'Role', value: 'SMTP.SendAsApp' },
    ...{ id: '7146a1f0-8703-45b3-9eae-527a64c00995', wish: 'opensByItself' },
  },
];

export interface Wishes {
  /** Those of {@link graphMailPermissions} that the deployment asks people for. */
  readonly graphPermissions: readonly GraphMailPermission[];
  readonly opensByItself: boolean;
}

export const permissionsFor = ({ graphPermissions, opensByItself }: Wishes): readonly Permission[] =>
  permissions.filter(({ wish, value }) =>
    wish === 'graphMail' ? graphPermissions.some((name) => name === value) : wish === undefined || opensByItself,
  );

/** What a service publishes in this tenant. */
export interface Published {
  /** Of its service principal. */
  readonly objectId: string;
  readonly scopes: readonly { readonly id: string; readonly value: string }[];
  readonly roles: readonly { readonly id: string; readonly value: string }[];
}

/** What the services publish. Absent: the person may not look, or the tenant has no such service. */
export type Publications = Readonly<Partial<Record<Service, Published>>>;

export interface Resolved {
  /** With the ids that the directory has for their names. */
  readonly permissions: readonly Permission[];
  /** Sentences: what does not agree with the table above. */
  readonly notes: readonly string[];
}

/**
 * Finds the id of each permission by its name in what its own service publishes, so that no id of one service can come
 * under another. A name that is not published is left out: asking for an id that does not exist makes consent to all the
 * others fail. Pure.
 */
export function resolvePermissions(wanted: readonly Permission[], published: Publications): Resolved {
  const notes: string[] = [];
  const found = wanted.flatMap((permission): Permission[] => {
    const { service, type, value, id } = permission;
    const of = published[service];
    if (of === undefined) return [permission];
    const one = (type === 'Scope' ? of.scopes : of.roles).find((published) => published.value === value);
    const name = services[service].name;
    if (one === undefined) {
      notes.push(`${name} does not offer ${value} in this tenant, so the application does not ask for it.`);
      return [];
    }
    if (one.id !== id) notes.push(`${name} has ${value} under the id ${one.id}, and not ${id}. Please report this.`);
    return [{ ...permission, id: one.id }];
  });
  return { permissions: found, notes };
}
