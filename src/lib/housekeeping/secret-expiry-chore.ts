import type { Clock } from '../domain/clock.ts';
import { dayMs, hourMs } from '../domain/duration.ts';
import type { Deliverer, OutgoingEvent } from '../domain/events/event.ts';
import { eventId } from '../domain/ids.ts';
import { errorTable } from '../error-codes.ts';
import type { Log } from '../log.ts';
import type { Notices } from '../store/deployment/notices.ts';
import type { Vault } from '../vault/types.ts';
import type { Chore } from './housekeeping.ts';

export interface SecretExpiryDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly vault: Pick<Vault, 'secret'>;
  /** Name of the client secret in Key Vault. */
  readonly secretName: string;
  readonly notices: Notices;
  readonly destinations: { list(): Promise<readonly { readonly id: string }[]> };
  readonly deliverer: Deliverer;
}

/** It is announced this many days ahead. */
const thresholds = [30, 7, 1] as const;
/**
 * A destination that has not accepted is notified again a day later; the run of that hour may be some minutes early.
 */
const againMs = 23.5 * hourMs;
/** Notices of a secret that is long gone. */
const forgetMs = 60 * dayMs;
/** A POST takes 20 s at most (the deliverer's own limit), and it may have to wait for others to the same destination. */
const sendForMs = 60_000;

/** Which announcement is due: the last threshold that was passed; undefined if none was. Pure. */
export function dueThreshold(expiresOn: Date, now: number): (typeof thresholds)[number] | undefined {
  const leftMs = expiresOn.getTime() - now;
  return thresholds.findLast((days) => leftMs <= days * dayMs);
}

/**
 * The announcement; the same for the same version of the secret and the same threshold, no matter who makes it. Pure.
 */
export function expiringEvent(
  secret: { readonly name: string; readonly version: string; readonly expiresOn: Date },
  threshold: number,
  now: number,
): OutgoingEvent<'secret.expiring'> {
  const type = 'secret.expiring';
  const code = 'client_secret_expiring';
  const { sentence, remedy, who } = errorTable[code];
  const daysLeft = Math.max(0, Math.ceil((secret.expiresOn.getTime() - now) / dayMs));
  return {
    id: eventId('', type, secret.version, threshold),
    type,
    // When the threshold was passed, so that every attempt tells the same.
    timestamp: new Date(secret.expiresOn.getTime() - threshold * dayMs),
    data: {
      secret: { name: secret.name, expiresAt: secret.expiresOn.toISOString() },
      daysLeft,
      code,
      sentence,
      remedy,
      who,
    },
  };
}

/**
 * Announces 30, 7 and 1 day ahead to every destination that the client secret runs out, according to Key Vault, and to
 * each again every day until it has accepted; it is logged as often. A rotation ends it: the newest version is the one
 * that counts.
 */
export const secretExpiryChore = (deps: SecretExpiryDeps): Chore => ({
  name: 'secret_expiry',
  everyMs: hourMs,
  async run() {
    const { clock, log, notices } = deps;
    const now = clock.now();
    await notices.forgetBefore(new Date(now - forgetMs));
    const { version, expiresOn } = await deps.vault.secret(deps.secretName);
    const threshold = expiresOn === undefined ? undefined : dueThreshold(expiresOn, now);
    if (expiresOn === undefined || threshold === undefined) return undefined;
    const event = expiringEvent({ name: deps.secretName, version, expiresOn }, threshold, now);
    const notice = `secret!${event.id}`;
    const accepted = await notices.acceptedBy(notice);
    const waiting = (await deps.destinations.list()).filter(({ id }) => !accepted.includes(id));
    if (waiting.length === 0 && accepted.length > 0) return undefined;
    if (!(await notices.claim(notice, againMs))) return undefined;
    log.warn('client_secret.expiring', { secret: deps.secretName, expiresOn: expiresOn.toISOString() });
    const did = { accepted: 0, waiting: 0 };
    for (const { id } of waiting) {
      if (await send(deps, id, event)) {
        await notices.accept(notice, id);
        did.accepted++;
      } else {
        did.waiting++;
      }
    }
    return did;
  },
});

/** True if it was accepted. What stands in the way of one destination does not keep the others from being told. */
async function send(
  { deliverer, log }: SecretExpiryDeps,
  destinationId: string,
  event: OutgoingEvent,
): Promise<boolean> {
  try {
    const outcome = await deliverer.deliver(destinationId, event, AbortSignal.timeout(sendForMs), undefined, {
      insists: true,
    });
    if (outcome.kind === 'accepted') return true;
    const { reason, status } = outcome;
    log.warn('client_secret.event_deferred', { destinationId, outcome: outcome.kind, reason, status });
  } catch (error) {
    log.error('client_secret.event_deferred', error, { destinationId });
  }
  return false;
}
