import { type ApiKeys, createApiKeys } from './access/api-keys.ts';
import { type AttachmentPlace, type AttachmentTokens, createAttachmentTokens } from './access/attachment-token.ts';
import { type Config, readConfig, SettingsError } from './config.ts';
import { createConnect } from './connect/connect.ts';
import { createEventConsentLink } from './connect/create-consent-link.ts';
import { createEventLinks } from './connect/event-links.ts';
import { redirectUriOf } from './connect/ports.ts';
import { createTicketTokens } from './connect/tickets.ts';
import type { Connect } from './connect/types.ts';
import { createDashboard, createDashboardOff, type Dashboard } from './dashboard/dashboard.ts';
import { createSessions } from './dashboard/session.ts';
import { createDeliverer } from './delivery/deliverer.ts';
import { createDestinationFacts } from './delivery/destination-facts.ts';
import { createDestinations, type Destinations } from './delivery/destinations.ts';
import { buildMailboxEvent } from './delivery/events/mailbox-event.ts';
import { buildMessageReceived } from './delivery/events/message-event.ts';
import { createChecks } from './doctor/checks.ts';
import { createDoctor, type Doctor } from './doctor/doctor.ts';
import { adminRole } from './domain/admin-role.ts';
import { createBoundedMap } from './domain/bounded-map.ts';
import type { Clock } from './domain/clock.ts';
import { hourMs } from './domain/duration.ts';
import { systemClock, systemRandom } from './domain/system.ts';
import { createAdminConsent } from './entra/admin-consent.ts';
import { createEntraClient } from './entra/client.ts';
import { clientSecretIn, createCredential } from './entra/credential.ts';
import { createFindAddresses } from './entra/person-addresses.ts';
import { createRoleSignIn } from './entra/role-sign-in.ts';
import { createSignIn } from './entra/sign-in.ts';
import { createTokens } from './entra/tokens.ts';
import type { Tokens } from './entra/types.ts';
import { BrokerError } from './errors.ts';
import { createHousekeeping, type Housekeeping } from './housekeeping/housekeeping.ts';
import { keepAliveChore } from './housekeeping/keep-alive-chore.ts';
import { overlookedChore } from './housekeeping/overlooked-chore.ts';
import { purgeAuditChore } from './housekeeping/purge-audit.ts';
import { resealChore, resealNow } from './housekeeping/reseal-chore.ts';
import { secretExpiryChore } from './housekeeping/secret-expiry-chore.ts';
import { sweepChore } from './housekeeping/sweep-chore.ts';
import { consoleLog, type Log } from './log.ts';
import { type Attachments, createAttachments } from './mailbox/fetch/attachments.ts';
import { createDownloadLimiter, downloadLimits, uploadLimits } from './mailbox/fetch/download-limiter.ts';
import { createImapConnector } from './mailbox/imap/imap-connector.ts';
import { createProbe } from './mailbox/imap/probe.ts';
import { createSessionPool } from './mailbox/session/session-pool.ts';
import { type AddMailbox, createAddMailbox } from './mailboxes/add-mailbox.ts';
import { createGiveToken, type GiveToken } from './mailboxes/give-token.ts';
import { createOpenMailbox, type OpenMailbox } from './mailboxes/open-mailbox.ts';
import { createCountingLog } from './metrics/counting-log.ts';
import { createDeploymentFigures } from './metrics/deployment.ts';
import { type Exposition, expose } from './metrics/exposition.ts';
import { createOutbound } from './outbound/outbound.ts';
import { createApiKeyRows } from './store/deployment/api-keys.ts';
import { type Audit, createAudit } from './store/deployment/audit.ts';
import { createAuditTrail } from './store/deployment/audit-trail.ts';
import { createLastRuns } from './store/deployment/last-runs.ts';
import { createNotices } from './store/deployment/notices.ts';
import { createResealProgress, type ResealProgress } from './store/deployment/reseal-progress.ts';
import { createWorkQueue } from './store/deployment/work-queue.ts';
import { createDestinationSeals } from './store/destinations/destination-seals.ts';
import { createDestinationRows } from './store/destinations/destinations.ts';
import { createGrants } from './store/grants/grants.ts';
import { createConsentTickets } from './store/links/consent-tickets.ts';
import { createEraseLinks } from './store/links/erase-links.ts';
import { openLinks, openSignIns } from './store/links/expiring-rows.ts';
import { createSignInStates } from './store/links/sign-in-states.ts';
import { createTickets } from './store/links/tickets.ts';
import { createAddressIndex } from './store/mailboxes/address-index.ts';
import { createRegistry } from './store/mailboxes/create-registry.ts';
import { createDeliveries, type Deliveries } from './store/mailboxes/deliveries.ts';
import { knownPlaces } from './store/mailboxes/known-places.ts';
import type { Registry } from './store/mailboxes/registry.ts';
import type { MailboxRow } from './store/rows/rows.ts';
import { createDirectory } from './store/shard/directory.ts';
import { createAzureStore } from './store/table/azure-table.ts';
import { createDispatcher } from './sync/run/dispatcher.ts';
import { createShardRunner } from './sync/run/runner.ts';
import type { Dispatcher, ShardRunner } from './sync/state/types.ts';
import { azureCredential } from './vault/azure-credential.ts';
import { createVault } from './vault/reader.ts';
import { createReseal, type Reseal } from './vault/reseal.ts';
import { createRootKeys, rootBytes, rootSecretName } from './vault/root-keys.ts';
import { createSealer } from './vault/seal.ts';
import type { SecretVersion } from './vault/types.ts';
import { watchVault } from './vault/watch.ts';

/** Every part that a front door works with. */
export interface Broker {
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
  readonly apiKeys: ApiKeys;
  readonly audit: Audit;
  readonly connect: Connect;
  readonly addMailbox: AddMailbox;
  readonly openMailbox: OpenMailbox;
  readonly giveToken: GiveToken;
  readonly registry: Registry;
  readonly destinations: Destinations;
  readonly deliveries: Deliveries;
  readonly attachmentTokens: AttachmentTokens;
  readonly attachments: Attachments;
  readonly dispatcher: Dispatcher;
  readonly shardRunner: ShardRunner;
  readonly housekeeping: Housekeeping;
  readonly reseal: Reseal;
  readonly resealing: {
    progress(): Promise<ResealProgress | undefined>;
    now(): Promise<ResealProgress>;
  };
  /** What keeps the broker from its work as far as this process has seen; for the door that anybody may knock at. No I/O. */
  readonly trouble: () => BrokerError | undefined;
  /** Looks whether Key Vault has what the broker needs; what it has not is logged, and shows in `trouble`. Never rejects. */
  readonly lookAtSecrets: () => Promise<void>;
  readonly doctor: Doctor;
  readonly dashboard: Dashboard;
  /** What `GET metrics` answers to this Accept header. */
  readonly metrics: (accept: string) => Promise<Exposition>;
}

/**
 * Builds every part once. The only place that knows all of them; nothing here does I/O, so that an app whose vault or
 * storage is down still starts and says so, request by request.
 */
export function createBroker(
  config: Config,
  environment: NodeJS.ProcessEnv = process.env,
  uncounted: Log = consoleLog(),
): Broker {
  const clock = systemClock;
  const { log, counts } = createCountingLog(uncounted);
  const startedAt = new Date(clock.now());
  const random = systemRandom;

  const identity = azureCredential(config, environment);
  const secretName = config.entra.credential === 'secret' ? config.entra.clientSecretName : undefined;
  const { vault, trouble, look } = watchVault({
    vault: createVault(config, { credential: identity, clock, log }),
    needed: [
      { name: rootSecretName, check: rootBytes, isListed: true },
      ...(secretName === undefined
        ? []
        : [{ name: secretName, check: ({ value }: SecretVersion) => clientSecretIn(value, secretName) }]),
    ],
    log,
    later: (ms, run) => void setTimeout(run, ms).unref(),
  });
  const keys = createRootKeys(vault, clock);
  const sealer = createSealer({ keys, random });

  const store = createAzureStore(config, { clock, credential: identity });
  const grants = createGrants({ store, sealer, clock, random, log });
  const directory = createDirectory({ store, clock, random });
  const registry = createRegistry({ store, clock, random, grants, log });
  const audit = createAudit({ table: store.table('audit'), clock, random, log });
  const apiKeys = createApiKeys({
    rows: createApiKeyRows(store.table('keys')),
    rootKeys: keys,
    clock,
    random,
    log,
    bootstrap: config.inAzure ? vault : undefined,
  });

  const notices = createNotices({ store, clock, random });
  const credential = createCredential(config.entra, { vault, identity, clock });
  const client = createEntraClient(config.entra, { fetch, clock, log, credential, notices });
  const tokens = createTokens(config.entra, { client, grants, clock, random, log });

  const imap = createImapConnector(config.imap, { clock, requireTls: config.inAzure });

  const destinationRows = createDestinationRows({ store, sealer });
  const outbound = createOutbound({ inAzure: config.inAzure, privateDestinations: config.privateDestinations });
  const attachmentTokens = createAttachmentTokens({
    rootKeys: keys,
    clock,
    lifetimeMs: config.attachmentLinkHours * hourMs,
  });
  const deliverer = createDeliverer({
    rows: destinationRows,
    outbound,
    time: store.time,
    clock,
    random,
    log,
    openFile: async (place) => (await uploaded.open(place)).bytes,
    attachmentLinks: async () => {
      const sign = await attachmentTokens.signer();
      return (place) => {
        const token = sign(place);
        return token === undefined ? undefined : `${config.publicUrl}/api/attachments?token=${token}`;
      };
    },
  });
  const destinations = createDestinations({
    rows: destinationRows,
    deliverer,
    outbound,
    inUse: async (id) => {
      const page = await registry.list({ where: (row) => row.destinationId === id, limit: 1 });
      return page.items.length > 0;
    },
    clock,
    random,
    log,
  });

  const ticketTokens = createTicketTokens({ rootKeys: keys, clock, random });
  const tickets = createTickets(store.table('tickets'));
  const consentTickets = createConsentTickets(store.table('tickets'));
  const adminConsent = createAdminConsent(config.entra);
  const adminConsentLink = createEventConsentLink({
    config,
    clock,
    tokens: ticketTokens,
    consentTickets,
    adminConsent,
    audit,
  });
  const eventLinks = createEventLinks({ config, tokens: ticketTokens, tickets, adminConsentLink });
  const probe = createProbe({ connector: imap });
  const states = createSignInStates({ table: store.table('states'), sealer });
  const openMailbox = createOpenMailbox({ tokens, probe, clock });
  const connect = createConnect({
    config,
    clock,
    random,
    log,
    tokens: ticketTokens,
    tickets,
    consentTickets,
    adminConsent,
    states,
    signIn: createSignIn(config.entra, { client, random, log }),
    grants,
    findAddresses: createFindAddresses(config.entra, { client, fetch, log }),
    probe,
    registry,
    destinations,
    audit,
  });

  const mailTokens = createMailTokens(tokens);
  const polled = createSessionPool({
    connector: imap,
    clock,
    capacity: config.warmSessions,
    // Twice the longest interval between two polls of a mailbox that is well.
    idleMs: 10 * 60_000,
    tokenEndsAt: mailTokens.endsAt,
  });

  // People who open links do not take the connections of the polls away.
  const downloads = createSessionPool({
    connector: imap,
    clock,
    capacity: 8,
    // A page full of images of one mail asks for them within moments.
    idleMs: 60_000,
    tokenEndsAt: mailTokens.endsAt,
  });

  const files = {
    mailbox: async (id: string) => (await registry.get(id))?.row,
    places: ({ mailboxId, hash }: AttachmentPlace) => knownPlaces(store, mailboxId, hash),
    token: mailTokens.of,
    imap: downloads,
    clock,
  };
  // What the broker itself fetches waits for its turn, and leaves room for people.
  const uploaded = createAttachments({ ...files, limiter: createDownloadLimiter(uploadLimits, clock) });

  const lastRuns = createLastRuns({ store, clock, random });
  const intervalSeconds = config.pollIntervalSeconds;
  const eraseLinks = createEraseLinks(store);
  const shardRunner = createShardRunner({
    store,
    clock,
    random,
    log,
    imap: polled,
    deliverer,
    token: mailTokens.of,
    messageReceived: buildMessageReceived,
    mailboxEvent: async (row, mailbox) => {
      const event = buildMailboxEvent(row, mailbox);
      return { ...event, data: { ...event.data, ...(await eventLinks(row, mailbox)) } };
    },
    forget: async (mailbox) => {
      polled.drop(mailbox.id);
      await eraseLinks(mailbox.id);
      await registry.forget(mailbox);
    },
    otherHeld: polled.leave,
    intervalSeconds,
    destinations: createDestinationFacts({ rows: destinationRows, time: store.time, clock, random }),
  });
  const reseal = createReseal({
    clock,
    vault,
    keyed: [grants.keyed, createDestinationSeals({ store, sealer, clock, random }), apiKeys.keyed],
    expiring: [
      openSignIns({ table: store.table('states'), sealer, clock }),
      openLinks({ table: store.table('tickets'), clock }),
    ],
  });
  const deliveries = createDeliveries({ store, directory, clock, log });
  const doctor = createDoctor({
    clock,
    log,
    checks: createChecks({
      config,
      environment,
      clock,
      store,
      vault,
      keys,
      client,
      queue: createWorkQueue(environment, identity),
      fetch,
      directory,
      lastRuns,
      destinationRows,
      deliverer,
      registry,
      tokens,
      probe,
      redirectUri: redirectUriOf(config.publicUrl),
    }),
  });
  const { adminTenant, publicUrl } = config;
  const dashboard =
    adminTenant === undefined
      ? createDashboardOff(publicUrl)
      : createDashboard({
          publicUrl,
          sessions: createSessions({
            sealer,
            clock,
            keyIds: async () => (await vault.versions(rootSecretName)).map(({ id }) => id),
          }),
          signIn: {
            publicUrl,
            signIn: createRoleSignIn(config.entra, { tenant: adminTenant, role: adminRole.value }, { client, random }),
            states,
            clock,
            random,
          },
          actions: { registry, destinations, deliveries, apiKeys, audit },
          overview: {
            store,
            directory,
            registry,
            destinations,
            deliveries,
            apiKeys,
            trail: createAuditTrail(store),
            clock,
          },
          // Whoever opens the dashboard sees all of it.
          examine: (language) =>
            doctor.examine(language, { isLimited: false, mailbox: () => true, destination: () => true }),
        });
  const figures = createDeploymentFigures({ registry, destinations: destinationRows, clock });
  const resealDeps = { vault, reseal, progress: createResealProgress({ store, clock, random }), clock };
  return {
    trouble,
    lookAtSecrets: look,
    config,
    log,
    clock,
    apiKeys,
    audit,
    connect,
    addMailbox: createAddMailbox({ adminConsent, clock, destinations, audit, registry, grants, openMailbox }),
    openMailbox,
    giveToken: createGiveToken({ config, clock, registry, grants, tokens, audit }),
    registry,
    destinations,
    deliveries,
    attachmentTokens,
    attachments: createAttachments({ ...files, limiter: createDownloadLimiter(downloadLimits, clock) }),
    dispatcher: createDispatcher({ store, directory, intervalSeconds }),
    shardRunner: {
      ...shardRunner,
      stop: async () => {
        await shardRunner.stop();
        await Promise.all([polled.closeAll(), downloads.closeAll()]);
      },
    },
    reseal,
    resealing: { progress: resealDeps.progress.read, now: () => resealNow(resealDeps) },
    doctor,
    dashboard,
    metrics: async (accept) =>
      expose(
        {
          process: { ...counts, startedAt, rssBytes: process.memoryUsage.rss() },
          deployment: await figures().catch(() => undefined),
        },
        accept,
      ),
    housekeeping: createHousekeeping({
      log,
      lastRuns,
      chores: [
        sweepChore({ store, clock, log, directory, grants, index: createAddressIndex({ store, clock }) }),
        purgeAuditChore({ store, clock }),
        resealChore(resealDeps),
        overlookedChore({ store, log, directory, runner: shardRunner, intervalSeconds }),
        keepAliveChore({ clock, log, grants, tokens }),
        // Where a managed identity stands in for the secret, there is nothing that could run out.
        ...(secretName === undefined
          ? []
          : [secretExpiryChore({ clock, log, vault, secretName, notices, destinations, deliverer })]),
      ],
    }),
  };
}

/** Access tokens for mail, and when the last one of each mailbox ends. */
function createMailTokens(tokens: Tokens) {
  // Of a mailbox that is not in here only the warm sessions are not used.
  const ends = createBoundedMap<string, number>(10_000);
  return {
    of: async ({ id, grant }: MailboxRow, options: { readonly force: boolean }): Promise<string> => {
      const { accessToken, expiresAt } = await tokens.of(grant, 'outlook', options);
      ends.set(id, expiresAt.getTime());
      return accessToken;
    },
    endsAt: (mailboxId: string) => ends.get(mailboxId),
  };
}

let composed: Broker | undefined;
let refused: BrokerError | undefined;

/**
 * The broker of this process, built from the environment at first use. Settings are read once: Azure restarts the app
 * when they change.
 * @throws BrokerError `settings_broken`; the log has every fault by name
 */
export async function broker(): Promise<Broker> {
  if (refused !== undefined) throw refused;
  try {
    composed ??= createBroker(readConfig(process.env));
    return composed;
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    refused = new BrokerError('settings_broken', { cause: error });
    for (const { field, message } of error.faults) {
      consoleLog().error('settings.broken', new Error(`${field} ${message}`), { setting: field });
    }
    throw refused;
  }
}
