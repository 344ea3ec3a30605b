import type { ApiKeys } from './access/api-keys.ts';
import type { AttachmentTokens } from './access/attachment-token.ts';
import { composeBells, type Notified } from './broker/bells.ts';
import { composeConnecting } from './broker/connecting.ts';
import { composeDelivery } from './broker/delivery.ts';
import { composeDrafting, type Drafting } from './broker/drafting.ts';
import { composeIdentity } from './broker/identity.ts';
import { composeMailAccess } from './broker/mail-access.ts';
import { composeOperations } from './broker/operations.ts';
import { composePolling } from './broker/polling.ts';
import { composeReading, type Reading } from './broker/reading.ts';
import { composeSending, type Sending } from './broker/sending.ts';
import { composeStorage } from './broker/storage.ts';
import { type Config, readConfig, SettingsError } from './config.ts';
import type { SubmissionLink } from './connect/offered/submission-link.ts';
import type { Connect } from './connect/types.ts';
import type { Dashboard } from './dashboard/dashboard.ts';
import type { Destinations } from './delivery/destinations.ts';
import type { Doctor } from './doctor/doctor.ts';
import type { Clock } from './domain/clock.ts';
import { systemClock, systemRandom } from './domain/system.ts';
import { BrokerError } from './errors.ts';
import type { Housekeeping } from './housekeeping/housekeeping.ts';
import { consoleLog, type Log } from './log.ts';
import type { Attachments } from './mailbox/fetch/attachments.ts';
import type { AddMailbox } from './mailboxes/add-mailbox.ts';
import type { GiveToken } from './mailboxes/give-token.ts';
import type { OpenMailbox } from './mailboxes/open-mailbox.ts';
import { createCountingLog } from './metrics/counting-log.ts';
import type { Exposition } from './metrics/exposition.ts';
import type { Audit } from './store/deployment/audit.ts';
import type { ResealProgress } from './store/deployment/reseal-progress.ts';
import type { WorkQueue } from './store/deployment/work-queue.ts';
import type { Deliveries } from './store/mailboxes/deliveries.ts';
import type { Registry } from './store/mailboxes/registry.ts';
import type { Dispatcher, ShardRunner } from './sync/state/types.ts';
import type { Reseal } from './vault/reseal.ts';

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
  readonly submissionLink: SubmissionLink;
  readonly registry: Registry;
  readonly destinations: Destinations;
  readonly deliveries: Deliveries;
  readonly attachmentTokens: AttachmentTokens;
  readonly attachments: Attachments;
  /** Mailboxes as people and programs read them. */
  readonly reading: Reading;
  readonly dispatcher: Dispatcher;
  readonly shardRunner: ShardRunner;
  /** Notifications of new mail; undefined where the deployment does not ask for them. */
  readonly bells: Notified | undefined;
  /** For what the output binding of a function cannot do: a message that is seen later. */
  readonly queue: Pick<WorkQueue, 'send'>;
  /** Mail out; the sweep of its blobs is a chore of housekeeping. */
  readonly sending: Sending;
  /** Drafts of mailboxes, saved while they are written. */
  readonly drafts: Drafting;
  readonly housekeeping: Housekeeping;
  readonly reseal: Reseal;
  readonly resealing: {
    progress(): Promise<ResealProgress | undefined>;
    now(): Promise<ResealProgress>;
  };
  /**
   * What keeps the broker from its work as far as this process has seen; for the door that anyone may knock at. No I/O.
   */
  readonly trouble: () => BrokerError | undefined;
  /** Looks whether Key Vault has what the broker needs; what it has not is logged, and shows in `trouble`. Never rejects. */
  readonly lookAtSecrets: () => Promise<void>;
  readonly doctor: Doctor;
  readonly dashboard: Dashboard;
  /** What `GET metrics` answers to this Accept header. */
  readonly metrics: (accept: string) => Promise<Exposition>;
}

/**
 * Builds every part once. The files of broker/ compose what belongs together; only this one knows all of them. Nothing
 * here does I/O, so that an app whose vault or storage is down still starts and says so, request by request.
 */
export function createBroker(
  config: Config,
  environment: NodeJS.ProcessEnv = process.env,
  uncounted: Log = consoleLog(),
): Broker {
  const { log, counts } = createCountingLog(uncounted);
  const base = { config, environment, log, clock: systemClock, random: systemRandom };
  const startedAt = new Date(base.clock.now());

  const storage = composeStorage(base);
  const identity = composeIdentity(base, storage);
  const mail = composeMailAccess(base, storage, identity);
  const delivery = composeDelivery(base, storage, mail);
  const bells = composeBells(base, storage, mail);
  const sending = composeSending(base, storage, mail, delivery);
  const placed = async (mailboxId: string) => {
    await Promise.all([bells?.ask(mailboxId), sending.retry(mailboxId)]);
  };
  const added = async (mailboxId: string) => bells?.ask(mailboxId);
  const connecting = composeConnecting(base, storage, identity, mail, delivery, { placed, added });
  const polling = composePolling(base, storage, identity, mail, delivery, connecting, { ...sending, bells });
  const operations = composeOperations(base, storage, identity, mail, delivery, sending, { counts, startedAt });

  const { trouble, lookAtSecrets, apiKeys, audit, queue, registry, deliveries } = storage;
  const { destinations, attachmentTokens } = delivery;
  const { connect, addMailbox, openMailbox, giveToken, submissionLink } = connecting;
  return {
    config,
    log,
    clock: base.clock,
    trouble,
    lookAtSecrets,
    queue,
    apiKeys,
    audit,
    registry,
    deliveries,
    destinations,
    attachmentTokens,
    attachments: mail.attachments,
    connect,
    addMailbox,
    openMailbox,
    giveToken,
    submissionLink,
    sending,
    drafts: composeDrafting(base, storage, mail, sending),
    bells,
    reading: composeReading(base, storage, mail, delivery),
    ...polling,
    ...operations,
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
