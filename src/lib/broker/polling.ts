import { buildMailboxEvent } from '../delivery/events/mailbox-event.ts';
import { buildMessageReceived } from '../delivery/events/message-event.ts';
import { bellsChore } from '../housekeeping/bells-chore.ts';
import { createHousekeeping } from '../housekeeping/housekeeping.ts';
import { keepAliveChore } from '../housekeeping/keep-alive-chore.ts';
import { overdueLanesChore } from '../housekeeping/overdue-lanes-chore.ts';
import { overlookedChore } from '../housekeeping/overlooked-chore.ts';
import { purgeAuditChore } from '../housekeeping/purge-audit.ts';
import { purgeChangesChore } from '../housekeeping/purge-changes.ts';
import { resealChore, resealNow } from '../housekeeping/reseal-chore.ts';
import { secretExpiryChore } from '../housekeeping/secret-expiry-chore.ts';
import { sweepChore } from '../housekeeping/sweep-chore.ts';
import { createResealProgress } from '../store/deployment/reseal-progress.ts';
import { createDestinationSeals } from '../store/destinations/destination-seals.ts';
import { createEraseLinks } from '../store/links/erase-links.ts';
import { openLinks, openSignIns } from '../store/links/expiring-rows.ts';
import { createAddressIndex } from '../store/mailboxes/address-index.ts';
import { createDraftSeals } from '../store/submissions/draft-seals.ts';
import { openSubmissions } from '../submissions/open-submissions.ts';
import { sweepSubmissionsChore } from '../submissions/sweep-chore.ts';
import { createDispatcher } from '../sync/run/dispatcher.ts';
import { createShardRunner } from '../sync/run/runner.ts';
import { createReseal } from '../vault/reseal.ts';
import type { Base } from './base.ts';
import type { Notified } from './bells.ts';
import type { Connecting } from './connecting.ts';
import type { Delivery } from './delivery.ts';
import type { Identity } from './identity.ts';
import type { MailAccess } from './mail-access.ts';
import type { Sending } from './sending.ts';
import type { Storage } from './storage.ts';

/** The two timers and the queue: looking for mail, and keeping house. */
export function composePolling(
  { config, clock, random, log }: Base,
  storage: Storage,
  { tokens }: Identity,
  { polled, token, closeSessions }: MailAccess,
  { deliverer, destinations, destinationFacts }: Delivery,
  { withLinks }: Connecting,
  {
    mailIn,
    wakeDraft,
    bells,
    lanes,
  }: Pick<Sending, 'mailIn' | 'wakeDraft' | 'lanes'> & {
    readonly bells: Notified | undefined;
  },
) {
  const {
    store,
    blobs,
    directory,
    registry,
    grants,
    vault,
    sealer,
    apiKeys,
    notices,
    lastRuns,
    ownChanges,
    secretName,
  } = storage;
  const intervalSeconds = config.pollIntervalSeconds;
  const eraseLinks = createEraseLinks(store);
  const shardRunner = createShardRunner({
    store,
    clock,
    random,
    log,
    imap: polled,
    deliverer,
    token,
    messageReceived: buildMessageReceived,
    mailboxEvent: (row, mailbox) => withLinks(buildMailboxEvent(row, mailbox), mailbox),
    forget: async (mailbox) => {
      polled.drop(mailbox.id);
      await eraseLinks(mailbox.id);
      await ownChanges.forget(mailbox.id);
      // While there is still a sign-in for Graph.
      await bells?.remove(mailbox);
      await registry.forget(mailbox);
    },
    otherHeld: polled.leave,
    intervalSeconds,
    destinations: destinationFacts,
    sentMail: mailIn,
    ownChanges,
    ...(bells === undefined ? {} : { hasBell: bells.has }),
  });
  const reseal = createReseal({
    clock,
    vault,
    keyed: [
      ...[grants.keyed, createDestinationSeals({ store, sealer, clock, random })],
      ...[createDraftSeals({ store, sealer, clock, random }), apiKeys.keyed],
    ],
    expiring: [
      openSignIns({ table: store.table('states'), sealer, clock }),
      openLinks({ table: store.table('tickets'), clock }),
      openSubmissions({ table: store.table('submissions'), sealer }),
    ],
  });
  const resealDeps = { vault, reseal, progress: createResealProgress({ store, clock, random }), clock };
  return {
    dispatcher: createDispatcher({ store, directory, intervalSeconds }),
    shardRunner: {
      ...shardRunner,
      stop: async () => {
        await shardRunner.stop();
        await closeSessions();
      },
    },
    reseal,
    resealing: { progress: resealDeps.progress.read, now: () => resealNow(resealDeps) },
    housekeeping: createHousekeeping({
      log,
      lastRuns,
      chores: [
        sweepChore({ store, clock, log, directory, grants, index: createAddressIndex({ store, clock }) }),
        purgeAuditChore({ store, clock }),
        purgeChangesChore({ ownChanges }),
        sweepSubmissionsChore({ store, blobs, log, wakeDraft }),
        resealChore(resealDeps),
        overlookedChore({ store, log, directory, runner: shardRunner, intervalSeconds }),
        overdueLanesChore({ store, clock, log, directory, ...lanes }),
        keepAliveChore({ clock, log, grants, tokens }),
        ...(bells === undefined ? [] : [bellsChore({ directory, clock, log, due: bells.due, keep: bells.keep })]),
        // Only a secret expires; a managed identity does not.
        ...(secretName === undefined
          ? []
          : [secretExpiryChore({ clock, log, vault, secretName, notices, destinations, deliverer })]),
      ],
    }),
  };
}
