import type { Localised } from '../../src/lib/doctor/checks/types.ts';
import { adminRole } from '../../src/lib/domain/admin-role.ts';
import type { Application } from './forms.ts';
import type { Audience } from './interface.ts';
import { type Permission, type Publications, type Service, serviceList, services } from './permissions.ts';

/** https://learn.microsoft.com/graph/api/resources/application (`signInAudience`) */
export const audiences: Readonly<Record<Audience, string>> = {
  single: 'AzureADMyOrg',
  several: 'AzureADMultipleOrgs',
  personal: 'AzureADandPersonalMicrosoftAccount',
};

/** Tokens of version 2; `az ad app create` makes version 1 (https://github.com/Azure/azure-cli/issues/30230). */
export const tokenVersion = 2;

/** The application object as it should be. */
export interface Shape {
  readonly displayName: string;
  readonly audience: Audience;
  readonly redirectUris: readonly string[];
  readonly permissions: readonly Permission[];
  /** Someone else registered it: whom it lets in, and in which form, is theirs to say. */
  readonly foreign: boolean;
  /** To know ids that stand under the wrong service. */
  readonly published: Publications;
}

/** One thing that differs. */
export interface Change {
  /** For the person. */
  readonly sentence: Localised;
  /** What to send; undefined where only its owner can tell what is right. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

/** The role as Graph wants it. https://learn.microsoft.com/graph/api/resources/approle */
const appRole = { ...adminRole, allowedMemberTypes: ['User'], isEnabled: true };

type Access = Application['requiredResourceAccess'];

const idsOf = (access: Access, service: Service): ReadonlySet<string> =>
  new Set(
    access
      .filter(({ resourceAppId }) => resourceAppId === services[service].appId)
      .flatMap(({ resourceAccess }) => resourceAccess.map(({ id }) => id)),
  );

/** Ids of Graph that someone put under Exchange: with one of them, consent fails (AADSTS65006). */
function misplaced(access: Access, { exchange, graph }: Publications): readonly string[] {
  if (exchange === undefined || graph === undefined) return [];
  const own = new Set([...exchange.scopes, ...exchange.roles].map(({ id }) => id));
  const foreign = new Set([...graph.scopes, ...graph.roles].map(({ id }) => id));
  return [...idsOf(access, 'exchange')].filter((id) => foreign.has(id) && !own.has(id));
}

/** Permissions that were there, and ours beside them. */
function withPermissions(access: Access, wanted: readonly Permission[], without: readonly string[] = []): Access {
  const missing = (service: Service) => {
    const there = idsOf(access, service);
    return wanted.filter((one) => one.service === service && !there.has(one.id)).map(({ id, type }) => ({ id, type }));
  };
  const kept = access.map((entry) => {
    const service = serviceList.find((one) => services[one].appId === entry.resourceAppId);
    if (service === undefined) return entry;
    const left = entry.resourceAccess.filter(({ id }) => service !== 'exchange' || !without.includes(id));
    return { ...entry, resourceAccess: [...left, ...missing(service)] };
  });
  const added = serviceList
    .filter((service) => !access.some(({ resourceAppId }) => resourceAppId === services[service].appId))
    .map((service) => ({ resourceAppId: services[service].appId, resourceAccess: missing(service) }));
  return [...kept, ...added].filter(({ resourceAccess }) => resourceAccess.length > 0);
}

/** The body of an application that is not there yet. */
export const newApplication = (wanted: Shape): Readonly<Record<string, unknown>> => ({
  displayName: wanted.displayName,
  signInAudience: audiences[wanted.audience],
  api: { requestedAccessTokenVersion: tokenVersion },
  web: { redirectUris: wanted.redirectUris },
  requiredResourceAccess: withPermissions([], wanted.permissions),
  appRoles: [appRole],
});

/**
 * What to change in an application that is there. Everything else stays: other redirect URIs, permissions, roles, its
 * name. Graph replaces each list whole, so existing entries are sent with new ones. Pure.
 */
export function planApplication(state: Application, wanted: Shape): Change[] {
  return [
    ...audienceChanges(state, wanted),
    ...redirectChanges(state, wanted),
    ...permissionChanges(state, wanted),
    ...roleChanges(state),
  ];
}

/** All changes in one request. */
export const bodyOf = (changes: readonly Change[]): Readonly<Record<string, unknown>> =>
  Object.assign({}, ...changes.map(({ body }) => body ?? {}));

function audienceChanges(state: Application, wanted: Shape): Change[] {
  const audience = audiences[wanted.audience];
  const changes: Change[] = [];
  if (state.signInAudience !== audience) {
    const sentence = {
      en: `It is for ${state.signInAudience}, and not for ${audience}.`,
      zh: `它面向 ${state.signInAudience}，而不是 ${audience}。`,
    };
    changes.push({ sentence, body: wanted.foreign ? undefined : { signInAudience: audience } });
  }
  // It concerns tokens for the application, of which the broker asks none; but personal accounts need it.
  if (state.tokenVersion !== tokenVersion && !wanted.foreign) {
    changes.push({
      sentence: {
        en: `Its tokens are not of version ${tokenVersion}.`,
        zh: `其令牌不是版本 ${tokenVersion}。`,
      },
      body: { api: { requestedAccessTokenVersion: tokenVersion } },
    });
  }
  return changes;
}

function redirectChanges(state: Application, wanted: Shape): Change[] {
  const missing = wanted.redirectUris.filter((uri) => !state.redirectUris.includes(uri));
  if (missing.length === 0) return [];
  const many = missing.length > 1;
  return [
    {
      sentence: {
        en: `The redirect URI${many ? 's' : ''} ${missing.join(', ')} (platform Web) ${many ? 'are' : 'is'} missing.`,
        zh: `缺少重定向 URI（Web 平台）：${missing.join('、')}。`,
      },
      body: { web: { redirectUris: [...state.redirectUris, ...missing] } },
    },
  ];
}

function permissionChanges({ requiredResourceAccess: access }: Application, wanted: Shape): Change[] {
  const wrong = misplaced(access, wanted.published);
  const missing = wanted.permissions.filter(({ service, id }) => !idsOf(access, service).has(id));
  if (wrong.length === 0 && missing.length === 0) return [];
  const body = { requiredResourceAccess: withPermissions(access, wanted.permissions, wrong) };
  const of = ({ service, value }: Permission) => `${value} (${services[service].name})`;
  return [
    ...(missing.length === 0
      ? []
      : [
          {
            sentence: {
              en: `It does not ask for ${missing.map(of).join(', ')}.`,
              zh: `它没有请求 ${missing.map(of).join('、')}。`,
            },
            body,
          },
        ]),
    ...(wrong.length === 0
      ? []
      : [
          {
            sentence: {
              en: `Under ${services.exchange.name} it lists ids of ${services.graph.name}: ${wrong.join(', ')}.`,
              zh: `它在 ${services.exchange.name} 下列出了 ${services.graph.name} 的 ID：${wrong.join('、')}。`,
            },
            body,
          },
        ]),
  ];
}

function roleChanges({ appRoles }: Application): Change[] {
  // By its value, which is what stands in tokens: someone may have made the role by hand, under another id.
  const there = appRoles.find(({ value }) => value === adminRole.value);
  if (there !== undefined) {
    const isGood = there.isEnabled && there.allowedMemberTypes.includes('User');
    if (isGood) return [];
    const allowedMemberTypes = [...new Set([...there.allowedMemberTypes, 'User'])];
    const good = { ...there, isEnabled: true, allowedMemberTypes };
    const roles = appRoles.map((role) => (role === there ? good : role));
    const sentence = {
      en: `The app role ${adminRole.value} cannot be given to people.`,
      zh: `应用角色 ${adminRole.value} 无法分配给用户。`,
    };
    return [{ sentence, body: { appRoles: roles } }];
  }
  if (appRoles.some(({ id }) => id === adminRole.id)) {
    // Entra renames no role that is enabled ("Permission (scope or role) cannot be deleted or updated unless disabled first").
    const sentence = {
      en: `Its app role ${adminRole.id} was renamed; give it the value ${adminRole.value} (App roles).`,
      zh: `其应用角色 ${adminRole.id} 已被改名；请将其值改回 ${adminRole.value}（应用角色）。`,
    };
    return [{ sentence, body: undefined }];
  }
  const sentence = {
    en: `The app role ${adminRole.value} is missing.`,
    zh: `缺少应用角色 ${adminRole.value}。`,
  };
  return [{ sentence, body: { appRoles: [...appRoles, appRole] } }];
}

/** Id of the role for administrators in this application; undefined where there is none that could be given. */
export const adminRoleId = ({ appRoles }: Pick<Application, 'appRoles'>): string | undefined =>
  appRoles.find(({ value, isEnabled }) => value === adminRole.value && isEnabled)?.id;
