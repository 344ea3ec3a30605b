import { exchangeService, graphService, type PublishedService } from './services.ts';

type Body = Record<string, unknown>;

export interface FederatedCredential {
  readonly name: string;
  readonly issuer: string;
  readonly subject: string;
  readonly audiences: readonly string[];
}

export interface ClientSecret {
  readonly displayName: string;
  readonly value: string;
  readonly endsAt: number;
}

export interface Application {
  readonly objectId: string;
  readonly clientId: string;
  /** In which it is registered. */
  readonly tenant: string;
  readonly uniqueName: string | undefined;
  readonly owners: Set<string>;
  /** What people can change of it, as Graph shows it. */
  body: Body;
  readonly madeAt: number;
  /** When its roles were changed: they take a while to reach its principals. */
  rolesAt: number;
  readonly trusted: Map<string, FederatedCredential>;
  readonly secrets: Map<string, ClientSecret>;
}

export interface Principal {
  readonly id: string;
  readonly clientId: string;
  readonly tenant: string;
  readonly owners: Set<string>;
  readonly madeAt: number;
  readonly tags: readonly string[];
  appRoleAssignmentRequired: boolean;
}

export interface Grant {
  readonly id: string;
  /** Of the client's principal. */
  readonly clientId: string;
  readonly resourceId: string;
  readonly consentType: string;
  scope: string;
  /** What is shown until a change has reached everyone, and from when on the change is. */
  shown: { readonly scope: string | undefined; readonly until: number };
}

export interface AppRoleAssignment {
  readonly id: string;
  readonly principalId: string;
  readonly resourceId: string;
  readonly appRoleId: string;
  readonly shownFrom: number;
}

/** Template ids of roles that the model knows. */
export const cloudApplicationAdministrator = '158c047a-c907-4556-b7ef-446551a6b5f7';
export const applicationDeveloper = 'cf1c38e5-3621-4004-a7cb-879624dced7c';
const administrators = [
  cloudApplicationAdministrator,
  '9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3',
  'e8611ab8-c189-46e8-94e1-60213ab1f814',
  '62e90394-69f5-4237-9190-012177145e10',
];

/** How the directory behaves; changed by tests. */
export interface DirectoryBehaviour {
  /** Template ids of the roles of the signed-in account. */
  directoryRoles: string[];
  /** "Users can register applications" */
  usersMayRegister: boolean;
  /** What a custom role of the tenant allows the signed-in account. */
  customActions: string[];
  /** Policies can be read. The Azure CLI often lacks the right. */
  readsPolicies: boolean;
  mayAddSecrets: boolean;
  /** An owner may make the principal of their application; in many tenants only an Application Developer may. */
  ownersMakePrincipals: boolean;
  /** What is new is known everywhere so long after. */
  directoryDelayMs: number;
  /** Days that a client secret may live; undefined: no policy. */
  secretDays: number | undefined;
  forbidsSecrets: boolean;
}

/** Microsoft Entra's directory: objects, who may change them, and from when on they can be seen. */
export class Directory {
  /** By client id. */
  readonly applications = new Map<string, Application>();
  /** Unique names of deleted ones, which stay taken for 30 days. */
  readonly deletedNames = new Set<string>();
  /** By id. */
  readonly principals = new Map<string, Principal>();
  readonly grants = new Map<string, Grant>();
  readonly assignments = new Map<string, AppRoleAssignment>();
  readonly services: PublishedService[] = [exchangeService, graphService];
  readonly behaviour: DirectoryBehaviour;
  readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
    this.behaviour = {
      directoryRoles: [cloudApplicationAdministrator],
      usersMayRegister: true,
      customActions: [],
      readsPolicies: true,
      mayAddSecrets: true,
      ownersMakePrincipals: true,
      directoryDelayMs: 20_000,
      secretDays: undefined,
      forbidsSecrets: false,
    };
  }

  get isAdministrator(): boolean {
    return this.behaviour.directoryRoles.some((role) => administrators.includes(role));
  }

  get mayRegister(): boolean {
    const { usersMayRegister, directoryRoles, customActions } = this.behaviour;
    return (
      usersMayRegister ||
      this.isAdministrator ||
      directoryRoles.includes(applicationDeveloper) ||
      customActions.includes('microsoft.directory/applications/create')
    );
  }

  mayChange(one: { readonly owners: ReadonlySet<string> }, caller: string): boolean {
    return this.isAdministrator || one.owners.has(caller);
  }

  /** Whether something that was made at `madeAt` is known everywhere. */
  isKnown(madeAt: number): boolean {
    return this.now() - madeAt >= this.behaviour.directoryDelayMs;
  }

  principal(tenant: string, clientId: string): Principal | undefined {
    return [...this.principals.values()].find((one) => one.tenant === tenant && one.clientId === clientId);
  }

  /** Puts an application there, as if it had been there for long. */
  put(
    made: Pick<Application, 'clientId' | 'tenant'> & { readonly body?: Body; readonly owners?: readonly string[] },
  ): Application {
    const application: Application = {
      objectId: `0b${made.clientId.slice(2)}`,
      uniqueName: undefined,
      madeAt: 0,
      rolesAt: 0,
      trusted: new Map(),
      secrets: new Map(),
      ...made,
      owners: new Set(made.owners),
      body: { displayName: 'By hand', signInAudience: 'AzureADMyOrg', ...made.body },
    };
    this.applications.set(made.clientId, application);
    return application;
  }

  putPrincipal(clientId: string, tenant: string): Principal {
    const principal: Principal = {
      id: `5e${clientId.slice(2)}`,
      ...{ clientId, tenant, owners: new Set<string>(), madeAt: 0, tags: [], appRoleAssignmentRequired: false },
    };
    this.principals.set(principal.id, principal);
    return principal;
  }

  /** Scopes with consent for the tenant, by the name of the service. */
  consented(clientId: string): Readonly<Record<string, readonly string[]>> {
    const mine = [...this.principals.values()].filter((one) => one.clientId === clientId).map(({ id }) => id);
    const of = (service: PublishedService) => [
      ...[...this.grants.values()]
        .filter(
          (one) => mine.includes(one.clientId) && one.resourceId === service.id && one.consentType === 'AllPrincipals',
        )
        .flatMap(({ scope }) => scope.split(' ')),
      ...[...this.assignments.values()]
        .filter((one) => mine.includes(one.principalId) && one.resourceId === service.id)
        .map(({ appRoleId }) => service.appRoles.find(({ id }) => id === appRoleId)?.value ?? appRoleId),
    ];
    return Object.fromEntries(this.services.map((service) => [service.displayName, of(service)]));
  }

  /** All of it, but times and ids that say nothing. */
  state(): unknown {
    const sorted = <Value>(values: Iterable<Value>) =>
      [...values].toSorted((one, other) => JSON.stringify(one).localeCompare(JSON.stringify(other)));
    return {
      applications: [...this.applications.values()].map((one) => ({
        ...{ clientId: one.clientId, tenant: one.tenant, uniqueName: one.uniqueName, body: one.body },
        owners: sorted(one.owners),
        trusted: [...one.trusted.values()],
        secrets: [...one.secrets.values()].map(({ displayName }) => displayName),
      })),
      principals: [...this.principals.values()].map(({ clientId, tenant, tags, appRoleAssignmentRequired }) => ({
        ...{ clientId, tenant, tags, appRoleAssignmentRequired },
      })),
      grants: sorted(
        [...this.grants.values()].map(({ resourceId, consentType, scope }) => ({ resourceId, consentType, scope })),
      ),
      assignments: sorted(
        [...this.assignments.values()].map(({ resourceId, appRoleId }) => ({ resourceId, appRoleId })),
      ),
    };
  }
}
