import { randomUUID } from 'node:crypto';
import type { Caller } from '../../src/lib/access/caller.ts';
import type { Config } from '../../src/lib/config.ts';
import { createConnect } from '../../src/lib/connect/connect.ts';
import { createTicketTokens } from '../../src/lib/connect/tickets.ts';
import type { Connect, NewLink, Step } from '../../src/lib/connect/types.ts';
import { systemRandom } from '../../src/lib/domain/system.ts';
import { createAdminConsent } from '../../src/lib/entra/admin-consent.ts';
import type { FindAddresses } from '../../src/lib/entra/person-addresses.ts';
import type { SignedIn, SignIn, SignInOptions, Tokens } from '../../src/lib/entra/types.ts';
import type { Probe } from '../../src/lib/mailbox/imap/probe.ts';
import { createAddMailbox } from '../../src/lib/mailboxes/add-mailbox.ts';
import type { KnownDestination } from '../../src/lib/mailboxes/choose-destination.ts';
import { createOpenMailbox } from '../../src/lib/mailboxes/open-mailbox.ts';
import { createAudit } from '../../src/lib/store/deployment/audit.ts';
import { createConsentTickets } from '../../src/lib/store/links/consent-tickets.ts';
import { createSignInStates } from '../../src/lib/store/links/sign-in-states.ts';
import { createTickets } from '../../src/lib/store/links/tickets.ts';
import type { Store } from '../../src/lib/store/table/table.ts';
import { createRootKeys } from '../../src/lib/vault/root-keys.ts';
import { createSealer } from '../../src/lib/vault/seal.ts';
import { memoryLog, memoryVault, testRoot } from './http.ts';
import { registryWorld } from './registry-world.ts';

export const publicUrl = 'http://localhost:7071';

/** Several tenants, all allowed. */
export const entraConfig: Config['entra'] = {
  clientId: 'cccccccc-0000-4000-8000-000000000001',
  tenant: 'organizations',
  allowedTenants: '*',
  authorityHost: 'https://login.example',
  credential: 'secret',
  clientSecretName: 'client-secret',
  outlookResource: 'https://outlook.office.com',
  outlookAppResource: 'https://outlook.office365.com',
  graphResource: 'https://graph.microsoft.com',
  graphPermissions: [],
};

/** A key that may do everything, to make links with. */
export const anyCaller: Caller = {
  keyId: 'testkey00000',
  scopes: ['connect', 'read', 'write', 'send', 'token', 'admin'],
  mailboxes: undefined,
  destinations: undefined,
  expiresAt: undefined,
  bootstrap: false,
};

/** Microsoft, as far as connecting talks to it: a code is the name of a person who was made known before. */
export interface Microsoft extends SignIn {
  readonly started: SignInOptions[];
  readonly redeemed: string[];
  /** A code with which `finish` answers this person, or fails. */
  codeFor(person: Partial<SignedIn> | Error): string;
}

export function microsoft({ hasOptionalScopes = false } = {}): Microsoft {
  const people = new Map<string, Partial<SignedIn> | Error>();
  const started: SignInOptions[] = [];
  const redeemed: string[] = [];
  const secretOf = (state: string, what: string) => `${what} of ${state}`;
  return {
    hasOptionalScopes,
    started,
    redeemed,
    codeFor(person) {
      const code = `code-${people.size}`;
      people.set(code, person);
      return code;
    },
    async start(options) {
      started.push(options);
      return {
        url: `https://login.example/authorize?state=${options.state}`,
        verifier: secretOf(options.state, 'verifier'),
        nonce: secretOf(options.state, 'nonce'),
      };
    },
    async finish({ code, state, redirectUri, verifier, nonce }) {
      redeemed.push(code);
      if (verifier !== secretOf(state, 'verifier') || nonce !== secretOf(state, 'nonce')) throw new Error('mixed up');
      if (redirectUri !== `${publicUrl}/api/oauth/callback`) throw new Error('another redirect URI');
      const person = people.get(code);
      if (person instanceof Error) throw person;
      const tid = person?.tid ?? randomUUID();
      const oid = person?.oid ?? randomUUID();
      return {
        homeAccountId: `${oid}.${tid}`,
        displayName: '',
        scopes: [],
        accessToken: `token of ${person?.username}`,
        expiresAt: new Date(Date.now() + 3_600_000),
        cache: '{"RefreshToken":{}}',
        username: 'nobody@contoso.example',
        ...person,
        tid,
        oid,
      };
    },
  };
}

/** One browser: its cookies, and what it is sent to. */
export interface TestBrowser {
  readonly cookies: Map<string, string>;
  /** By name: when a cookie is forgotten, where it says so. */
  readonly until?: Map<string, number>;
}
export const newBrowser = (): TestBrowser => ({ cookies: new Map(), until: new Map() });

export const onePage: Probe = async () => ({
  missing: [],
  folders: [],
  watched: [
    { path: 'INBOX', role: 'inbox', uidValidity: 7n, uidNext: 11, messages: 10, unseen: 2, recent: [] },
    { path: 'Sent Items', role: 'sent', uidValidity: 8n, uidNext: 5, messages: 4, unseen: 0, recent: [] },
  ],
});

const tokenOf: Tokens['of'] = async (grant) => ({
  accessToken: `token of ${grant.kind === 'app' ? 'the app' : grant.oid}`,
  expiresAt: new Date(Date.now() + 3_600_000),
  scopes: [],
  username: '',
});

export interface ConnectWorldOptions {
  readonly microsoft?: Microsoft;
  readonly probe?: Probe;
  readonly destinations?: readonly KnownDestination[];
  readonly returnOrigins?: readonly string[];
  readonly clockOffset?: { ms: number };
  readonly entra?: Partial<Config['entra']>;
  /** Microsoft Graph; it tells nothing unless given. */
  readonly findAddresses?: FindAddresses;
  /** Tokens of stored grants; given to every caller unless it says otherwise. */
  readonly token?: Tokens['of'];
}

/** Connecting with all its real parts but Microsoft and the mail server, on a store that may be killed. */
export function connectWorld(store: Store, options: ConnectWorldOptions = {}) {
  const registry = registryWorld(store, options.clockOffset);
  const { clock } = registry;
  const log = memoryLog();
  const entra = options.microsoft ?? microsoft();
  const known = options.destinations ?? [
    { id: 'dst_abcdefghijkl', url: 'https://nocobase.example/api/webhook:trigger/x' },
  ];
  const vault = memoryVault({ 'broker-root': [testRoot] });
  const keys = createRootKeys(vault);
  const tickets = createTickets(store.table('tickets'));
  const consentTickets = createConsentTickets(store.table('tickets'));
  const states = createSignInStates({
    table: store.table('states'),
    sealer: createSealer({ keys, random: systemRandom }),
  });
  // Ten times as fast, so that a wait takes a while and a test does not.
  const quick = { ...clock, sleep: async (ms: number) => clock.sleep(ms / 10).then(() => registry.pass(ms)) };
  const adminConsent = createAdminConsent({ ...entraConfig, ...options.entra });
  const audit = createAudit({ table: store.table('audit'), clock: quick, random: systemRandom, log });
  const destinations = {
    get: async (id: string) => known.find((destination) => destination.id === id),
    list: async () => known,
  };
  /** Mailboxes that someone has signed in for, or consented to. */
  const placed: string[] = [];
  const connect: Connect = createConnect({
    config: { publicUrl, returnOrigins: options.returnOrigins ?? [] },
    clock: quick,
    random: systemRandom,
    log,
    tokens: createTicketTokens({ rootKeys: keys, clock, random: systemRandom }),
    tickets,
    consentTickets,
    adminConsent,
    states,
    signIn: entra,
    grants: registry.grants,
    findAddresses: options.findAddresses ?? (async (person) => ({ person, addresses: undefined })),
    probe: options.probe ?? onePage,
    registry: registry.registry,
    destinations,
    audit,
    placed: async (mailboxId) => void placed.push(mailboxId),
  });
  const openMailbox = createOpenMailbox({
    tokens: { of: options.token ?? tokenOf },
    probe: options.probe ?? onePage,
    clock: quick,
  });

  const keep = (browser: TestBrowser, step: Step): Step => {
    if (step.kind === 'redirect' && step.cookie !== undefined) {
      const { name, value, maxAge } = step.cookie;
      browser.cookies.set(name, value);
      if (maxAge !== undefined) browser.until?.set(name, clock.now() + maxAge * 1000);
    }
    return step;
  };

  return {
    ...registry,
    rootKeys: keys,
    entraConfig: { ...entraConfig, ...options.entra },
    audit,
    log,
    entra,
    connect,
    openMailbox,
    addMailbox: createAddMailbox({
      clock,
      adminConsent,
      destinations,
      audit,
      registry: registry.registry,
      grants: registry.grants,
      openMailbox,
      added: async (mailboxId) => void placed.push(mailboxId),
    }),
    tickets,
    consentTickets,
    states,
    /** The token of a new link. */
    link: async (wanted: NewLink = { anyAddress: true }, caller = anyCaller): Promise<string> => {
      const { url } = await connect.createLink(wanted, caller);
      return new URL(url).searchParams.get('token') ?? '';
    },
    placed,
    /** Presses the button; answers the state that went to Microsoft. */
    press: async (browser: TestBrowser, token: string): Promise<string> => {
      const step = await connect.begin({ token, headers: new Headers({ 'sec-fetch-site': 'same-origin' }) });
      if (step.kind !== 'redirect') throw new Error('no redirect');
      keep(browser, step);
      return new URL(step.location).searchParams.get('state') ?? '';
    },
    /** Comes back from Microsoft. */
    back: async (browser: TestBrowser, query: Record<string, string>): Promise<Step> => {
      const kept = [...browser.cookies].filter(
        ([name]) => (browser.until?.get(name) ?? Number.POSITIVE_INFINITY) > clock.now(),
      );
      const step = await connect.callback({
        query: new URLSearchParams(query),
        headers: new Headers({ cookie: kept.map(([name, value]) => `${name}=${value}`).join('; ') }),
      });
      return keep(browser, step);
    },
  };
}

export type ConnectWorld = ReturnType<typeof connectWorld>;
