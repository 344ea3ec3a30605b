/** The two APIs whose scopes the broker asks for, and what the stand-in's app registration lists of them. */
const resources = {
  outlook: {
    prefix: 'https://outlook.office.com/',
    names: ['IMAP.AccessAsUser.All', 'POP.AccessAsUser.All', 'SMTP.Send'],
  },
  graph: {
    prefix: 'https://graph.microsoft.com/',
    names: [
      'User.Read',
      'Mail.Read',
      'Mail.ReadBasic',
      'Mail.ReadWrite',
      'Mail.Send',
      'Mail.Send.Shared',
      'Calendars.ReadWrite',
    ],
  },
} as const;

export type ResourceName = keyof typeof resources;

/** Resources for which the app gets tokens of its own, by `.default`. Mail has another name here than for people. */
export const appResources: readonly string[] = ['https://outlook.office365.com', 'https://graph.microsoft.com'];

export const oidcScopes: readonly string[] = ['openid', 'profile', 'email', 'offline_access'];

export const resourceScopes: readonly string[] = Object.values(resources).flatMap(({ prefix, names }) =>
  names.map((name) => `${prefix}${name}`),
);

const withoutTail = (prefix: string): string => prefix.slice(0, -1);

/** The audience of a token for this API. */
export const audienceOf = (resource: ResourceName): string => withoutTail(resources[resource].prefix);

/** Scopes as a list; any name without a resource means Graph (that is how IMAP tokens go wrong). */
export function parseScopes(text: string): string[] {
  return text
    .split(/\s+/)
    .filter((scope) => scope !== '')
    .map((scope) =>
      scope.includes('://') || oidcScopes.includes(scope) ? scope : `${resources.graph.prefix}${scope}`,
    );
}

/** The API that a scope belongs to; undefined for OIDC scopes and unknown resources. */
export function resourceOf(scope: string): ResourceName | undefined {
  if (scope.startsWith(resources.outlook.prefix)) return 'outlook';
  return scope.startsWith(resources.graph.prefix) ? 'graph' : undefined;
}

/** Whether the app registration knows this scope; `.default` stands for all of a resource. */
export function isKnownScope(scope: string): boolean {
  if (oidcScopes.includes(scope) || resourceScopes.includes(scope)) return true;
  return Object.values(resources).some(({ prefix }) => scope === `${prefix}.default`);
}

/** The audience of a token by the scopes it bears. */
export function audienceOfScopes(scopes: readonly string[]): string {
  for (const scope of scopes) {
    const resource = resourceOf(scope);
    if (resource !== undefined) return audienceOf(resource);
  }
  return '';
}
