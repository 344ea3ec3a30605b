import type { Clock } from '../../../src/lib/domain/clock.ts';
import { type Application, Directory } from './directory.ts';

/** A resource as ARM keeps it. Ids are compared without regard to case. */
export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  location: string;
  tags: Record<string, string>;
  properties: Record<string, unknown>;
}

export interface RoleAssignment {
  readonly id: string;
  readonly name: string;
  readonly scope: string;
  readonly principalId: string;
  readonly roleDefinitionId: string;
  /** It counts a while after it was made. */
  readonly madeAt: number;
}

export interface SecretVersion {
  readonly version: string;
  readonly value: string;
  enabled: boolean;
  readonly exp: number | undefined;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly tags: Readonly<Record<string, string>>;
}

export interface Vault {
  /** By name; the newest version last. */
  readonly secrets: Map<string, SecretVersion[]>;
  readonly deletedSecrets: Map<string, SecretVersion[]>;
}

export interface ApiKey {
  readonly id: string;
  readonly key: string;
  readonly label: string;
}

/** A Function App behind its resource: what was published, and what the broker keeps in its tables. */
export interface App {
  settings: Record<string, string>;
  /** Names of functions, and when the platform lists them. */
  functions: readonly string[];
  listedAt: number;
  /** What of a package answers. */
  version?: string;
  readonly keys: ApiKey[];
  /** App Service authentication, and publishing by password; what infra/modules/app.bicep turns off. */
  authentication: boolean;
  readonly passwords: Record<'ftp' | 'scm', boolean>;
  /** Rows that lie under a version of the root key, by its id. */
  readonly sealed: Map<string, number>;
  /** What the broker answers of its move to the newest root key. */
  reseal?: object;
}

/** What can be made to go wrong, and how. */
export interface Fault {
  /** Which of the writes, counted from 0. */
  readonly write: number;
  /** `before`: nothing happened. `after`: it happened, and the answer is lost. */
  readonly when: 'before' | 'after';
  /** `once`: the connection breaks. `dies`: the process that deploys ends there. */
  readonly how: 'once' | 'dies';
}

/** The connection broke, or the process is gone. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

export interface Identity {
  readonly user: string;
  readonly objectId: string;
  readonly principalType: 'user' | 'servicePrincipal';
}

export interface Subscription {
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  readonly state: string;
}

const minuteMs = 60_000;
const blobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b';

/** How Azure is, and how it behaves; changed by tests before a run. */
export interface Behaviour {
  cloud: string;
  azVersion: string | undefined;
  funcVersion: string | undefined;
  loggedIn: boolean;
  /** Azure's Cloud Shell, as it greets people: az is logged in, in one tenant. */
  isCloudShell: boolean;
  /** Tenants in which the person is logged in. */
  tenants: { id: string; domain: string; name: string; hasExchange: boolean }[];
  /** The person may not read the directory. */
  isGuest: boolean;
  /** What the roles of the person allow in the subscription. */
  actions: string[];
  notActions: string[];
  /** Paths of ARM that the person may not even ask. */
  deniedPaths: RegExp | undefined;
  /** Writes of ARM and Graph demand another factor. */
  demandsMfa: boolean;
  roleDelayMs: number;
  /** The role by which the app reads its package may take longer. */
  blobRoleDelayMs: number;
  firewallDelayMs: number;
  registerMs: number;
  /** The platform lists functions so long after an upload. */
  syncMs: number;
  /** Entra takes a new credential so long after it was made. */
  credentialDelayMs: number;
  /** Entra never takes the identity. */
  refusesFederation: boolean;
  /** `func` uploads, waits, and throws. */
  funcThrowsAfterUpload: boolean;
  refusesBudgets: boolean;
  /** The app stays in its subnet, regardless of the template. */
  /** Functions are listed, and nothing answers. */
  isMute: boolean;
  keepsIntegration: boolean;
  /** A package is accepted, and the old version still answers. */
  keepsOldVersion: boolean;
  /** Until then Azure calls the subnet of the app "in use". Milliseconds since 1970. */
  subnetInUseUntil: number;
  flexRegions: string[];
  nodeVersions: string[];
  /** Names that are someone else's. */
  takenNames: Set<string>;
  /** Host name that Azure gives instead of the usual one. */
  hostName: string | undefined;
  /** Where the vault sees us come from. */
  clientAddress: string;
  /** Rows that the app moves to another root key in one go. */
  rowsAGo: number;
  /** Links that people hold, and until when (milliseconds since 1970). */
  links: { readonly count: number; readonly until: number };
  /** Every call fails so often before it is answered. */
  stumbles: number;
}

/**
 * A stand-in for Azure, Entra and what runs there: not a recorder but a model with a state. It refuses what it does not
 * know, replaces settings whole, lets roles and credentials count late, denies by a table of rights, demands MFA, and
 * breaks off before or after any write.
 */
export class AzureModel {
  readonly groups = new Map<string, { name: string; location: string; tags: Record<string, string> }>();
  readonly resources = new Map<string, Resource>();
  readonly assignments = new Map<string, RoleAssignment>();
  readonly locks = new Map<string, { readonly id: string; readonly name: string }>();
  readonly providers = new Map<string, number>();
  readonly vaults = new Map<string, Vault>();
  /** By name: what was deleted, and can be recovered. */
  readonly deletedVaults = new Map<string, { readonly resource: Resource; readonly vault: Vault }>();
  readonly directory: Directory;
  readonly apps = new Map<string, App>();
  /** When a credential of an application was made. */
  readonly credentialMadeAt = new Map<string, number>();
  /** What a package is that is published here, and the functions that it registers. */
  packagedVersion = '0.1.0+5f2a91c4';
  packaged: readonly string[] = ['dispatch', 'health', 'keys', 'work'];
  /** Every change, as a short line, in its order. */
  readonly writes: string[] = [];
  /** Calls that the model does not know: always a fault of the caller, or of the model. */
  readonly unknown: string[] = [];
  /** Every command line that was given to az. */
  readonly azCalls: (readonly string[])[] = [];
  /** Secrets in wrong places: arguments, files, printed lines. */
  readonly seen: string[] = [];
  readonly clock: Clock;
  caller: Identity = {
    user: 'ada@contoso.example',
    objectId: '0000000a-0000-4000-8000-000000000001',
    principalType: 'user',
  };
  subscription: Subscription = {
    id: '11111111-1111-4111-8111-111111111111',
    name: 'Contoso production',
    tenant: '22222222-2222-4222-8222-222222222222',
    state: 'Enabled',
  };
  hasMfa = false;
  fault: Fault | undefined;
  isDead = false;
  readonly behaviour: Behaviour;
  #made = 0;
  readonly #stumbled = new Map<string, number>();

  constructor(clock: Clock) {
    this.clock = clock;
    this.directory = new Directory(() => clock.now());
    this.behaviour = {
      cloud: 'AzureCloud',
      azVersion: '2.80.0',
      funcVersion: '4.2.2',
      loggedIn: true,
      isCloudShell: false,
      tenants: [{ id: this.subscription.tenant, domain: 'contoso.example', name: 'Contoso', hasExchange: true }],
      isGuest: false,
      actions: ['*'],
      notActions: [],
      deniedPaths: undefined,
      demandsMfa: false,
      roleDelayMs: 3 * minuteMs,
      blobRoleDelayMs: 3 * minuteMs,
      firewallDelayMs: 20_000,
      registerMs: 2 * minuteMs,
      syncMs: 30_000,
      credentialDelayMs: minuteMs,
      refusesFederation: false,
      funcThrowsAfterUpload: false,
      refusesBudgets: false,
      isMute: false,
      keepsIntegration: false,
      keepsOldVersion: false,
      subnetInUseUntil: 0,
      flexRegions: ['westeurope', 'northeurope', 'swedencentral', 'eastus', 'southeastasia'],
      nodeVersions: ['24', '22'],
      takenNames: new Set(),
      hostName: undefined,
      clientAddress: '203.0.113.7',
      rowsAGo: 1000,
      links: { count: 0, until: 0 },
      stumbles: 0,
    };
  }

  /** By client id. */
  get applications(): Map<string, Application> {
    return this.directory.applications;
  }

  /** An id that is the same in every run of the same calls. */
  newId(): string {
    this.#made += 1;
    return `aaaaaaaa-0000-4000-8000-${String(this.#made).padStart(12, '0')}`;
  }

  /** Every call goes through here: a dead process makes no calls. */
  read<Answer>(name: string, act: () => Answer): Answer {
    this.#alive();
    this.#stumble(name);
    return act();
  }

  /** A change; here faults happen. `act` throws what the server answers when it refuses. */
  write<Answer>(name: string, act: () => Answer): Answer {
    this.#alive();
    this.#stumble(name);
    const { fault } = this;
    const here = fault?.write === this.writes.length;
    if (here && fault?.when === 'before') this.#break(fault);
    const answer = act();
    this.writes.push(name);
    this.#assertAlways(name);
    if (here && fault?.when === 'after') this.#break(fault);
    return answer;
  }

  /** Invariants after every single write. */
  #assertAlways(name: string): void {
    for (const { secrets } of this.vaults.values()) {
      const open = (secrets.get('bootstrap-admin-key') ?? []).filter(({ enabled }) => enabled);
      if (open.length > 1) this.unknown.push(`after ${name} two bootstrap keys are enabled`);
    }
  }

  #alive(): void {
    if (this.isDead) throw new Broken('The process is gone.');
  }

  #break({ how }: Fault): never {
    this.fault = undefined;
    this.isDead = how === 'dies';
    throw new Broken('The connection broke.');
  }

  #stumble(name: string): void {
    const times = this.#stumbled.get(name) ?? 0;
    if (times >= this.behaviour.stumbles) return;
    this.#stumbled.set(name, times + 1);
    throw new Broken(`The connection broke at ${name}.`);
  }

  /** Whether a role counts for a principal at a scope: given there or above, and long enough ago. */
  counts(principalId: string, role: string, scope: string): boolean {
    const delayMs = role === blobDataOwner ? this.behaviour.blobRoleDelayMs : this.behaviour.roleDelayMs;
    return [...this.assignments.values()].some(
      (one) =>
        one.principalId === principalId &&
        one.roleDefinitionId.toLowerCase().endsWith(role) &&
        scope.toLowerCase().startsWith(one.scope.toLowerCase()) &&
        this.clock.now() - one.madeAt >= delayMs,
    );
  }

  /** All that there is, without what differs from run to run by its nature (times, versions, who is waiting for what). */
  state(): unknown {
    const entries = <Value>(map: ReadonlyMap<string, Value>, of: (value: Value) => unknown) =>
      Object.fromEntries(
        [...map].toSorted(([one], [other]) => one.localeCompare(other)).map(([key, value]) => [key, of(value)]),
      );
    const versions = (all: readonly SecretVersion[]) =>
      all.map(({ value, enabled, tags, exp }) => ({ value, enabled, tags, exp }));
    const vault = ({ secrets, deletedSecrets }: Vault) => ({
      secrets: entries(secrets, versions),
      deleted: entries(deletedSecrets, versions),
    });
    return {
      groups: entries(this.groups, (group) => group),
      resources: entries(this.resources, ({ type, location, tags, properties }) => ({
        type,
        location,
        tags,
        properties,
      })),
      assignments: entries(this.assignments, ({ scope, principalId, roleDefinitionId }) => ({
        scope,
        principalId,
        roleDefinitionId,
      })),
      locks: entries(this.locks, ({ name }) => name),
      providers: [...this.providers.keys()].toSorted(),
      vaults: entries(this.vaults, vault),
      deletedVaults: entries(this.deletedVaults, ({ vault: deleted }) => vault(deleted)),
      directory: this.directory.state(),
      apps: entries(this.apps, ({ settings, functions, keys }) => ({
        settings,
        functions,
        keys: keys.map(({ label }) => label.replace(/ \w+$/, '')),
      })),
    };
  }
}
