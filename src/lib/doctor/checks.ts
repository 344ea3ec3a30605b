import type { Config } from '../config.ts';
import type { DestinationDeliverer } from '../delivery/deliverer.ts';
import type { Clock } from '../domain/clock.ts';
import type { EntraClient } from '../entra/client.ts';
import type { Tokens } from '../entra/types.ts';
import type { Probe as MailProbe } from '../mailbox/imap/probe.ts';
import type { LastRuns } from '../store/deployment/last-runs.ts';
import type { WorkQueue } from '../store/deployment/work-queue.ts';
import type { DestinationRows } from '../store/destinations/destinations.ts';
import { readPollFacts } from '../store/mailboxes/poll-facts.ts';
import type { Registry } from '../store/mailboxes/registry.ts';
import type { SubscriptionRows } from '../store/mailboxes/subscriptions.ts';
import type { Directory } from '../store/shard/directory.ts';
import { readSendingFacts } from '../store/submissions/sending-facts.ts';
import type { Store } from '../store/table/table.ts';
import type { RootKeys, Vault } from '../vault/types.ts';
import { clockCheck } from './checks/clock.ts';
import { consentCheck } from './checks/consent.ts';
import { credentialCheck, tenantToTry } from './checks/credential.ts';
import { destinationsCheck } from './checks/destinations.ts';
import { keyVaultCheck } from './checks/key-vault.ts';
import { mailboxesCheck } from './checks/mailboxes.ts';
import { networkCheck } from './checks/network.ts';
import { notificationsCheck } from './checks/notifications.ts';
import { probeWith } from './checks/probe.ts';
import { queueCheck } from './checks/queue.ts';
import { redirectUriCheck } from './checks/redirect-uri.ts';
import { type Outgoing, sendingCheck } from './checks/sending.ts';
import { settingsCheck } from './checks/settings.ts';
import { submissionsCheck } from './checks/submissions.ts';
import { tablesCheck } from './checks/tables.ts';
import { timersCheck } from './checks/timers.ts';
import type { Check } from './checks/types.ts';

export interface CheckDeps {
  readonly config: Config;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  readonly store: Store;
  readonly directory: Pick<Directory, 'shards'>;
  readonly lastRuns: Pick<LastRuns, 'read'>;
  readonly destinationRows: Pick<DestinationRows, 'list' | 'open'>;
  readonly deliverer: Pick<DestinationDeliverer, 'examine'>;
  readonly registry: Pick<Registry, 'list'>;
  readonly tokens: Pick<Tokens, 'of'>;
  readonly probe: MailProbe;
  readonly redirectUri: string;
  readonly vault: Pick<Vault, 'secret'>;
  readonly keys: Pick<RootKeys, 'current'>;
  readonly client: Pick<EntraClient, 'run'>;
  readonly queue: WorkQueue;
  readonly outgoing: Outgoing;
  readonly subscriptionRows: Pick<SubscriptionRows, 'all'>;
}

/**
 * Everything that the app can see of itself, in the order in which a person fixes it: what others rest on comes first.
 */
export function createChecks(deps: CheckDeps): readonly Check[] {
  const { config, environment, clock, store, vault, keys, client, queue } = deps;
  const { entra } = config;
  const probe = probeWith(deps.fetch);
  return [
    settingsCheck(config, environment),
    clockCheck({ clock, store }),
    keyVaultCheck({
      vault,
      keys,
      clock,
      clientSecretName: entra.credential === 'secret' ? entra.clientSecretName : undefined,
    }),
    tablesCheck(store),
    queueCheck({ queue, clock }),
    credentialCheck({
      client,
      tenant: tenantToTry(entra.tenant, entra.allowedTenants),
      graphResource: entra.graphResource,
    }),
    networkCheck({
      probe,
      imap: config.imap,
      smtp: config.smtp,
      authorityHost: entra.authorityHost,
      graphUrl: entra.graphUrl ?? entra.graphResource,
    }),
    redirectUriCheck({
      probe,
      authorityHost: entra.authorityHost,
      tenant: entra.tenant,
      clientId: entra.clientId,
      redirectUri: deps.redirectUri,
    }),
    consentCheck({ registry: deps.registry, tokens: deps.tokens }),
    timersCheck({
      store,
      directory: deps.directory,
      lastRuns: deps.lastRuns,
      clock,
      intervalSeconds: config.pollIntervalSeconds,
    }),
    destinationsCheck({ rows: deps.destinationRows, deliverer: deps.deliverer }),
    mailboxesCheck({
      registry: deps.registry,
      tokens: deps.tokens,
      probe: deps.probe,
      pollFacts: (rows) => readPollFacts(store, rows),
    }),
    ...(entra.graphPermissions.includes('Mail.ReadBasic')
      ? [notificationsCheck({ registry: deps.registry, rows: deps.subscriptionRows, clock })]
      : []),
    sendingCheck({ registry: deps.registry, outgoing: deps.outgoing }),
    submissionsCheck({
      registry: deps.registry,
      facts: (senders, at) => readSendingFacts(store, senders, at),
      clock,
    }),
  ];
}
