import { createBoundedMap } from '../domain/bounded-map.ts';
import type { Clock, Random } from '../domain/clock.ts';
import type { Deliverer, DeliveryOutcome, OutgoingEvent } from '../domain/events/event.ts';
import { createExpiringMap } from '../domain/expiring-map.ts';
import type { Log } from '../log.ts';
import type { Outbound } from '../outbound/outbound.ts';
import type { DestinationState, DestinationType } from '../store/destinations/destination.ts';
import type { StoredState } from '../store/destinations/destination-row.ts';
import type { DestinationRows } from '../store/destinations/destinations.ts';
import { untilSettled } from '../store/table/modify.ts';
import { isStoreError, type ServerTime, StoreError } from '../store/table/table.ts';
import { traced } from '../trace.ts';
import type { LinkMaker } from './events/attachment-links.ts';
import { createRenderer } from './events/render.ts';
import { afterAttempt, afterFix, claimed, gate, mayProbe } from './hold.ts';
import { createCollection } from './nocobase/collection.ts';
import type { OpenFile } from './nocobase/upload.ts';
import { createWorkflow } from './nocobase/workflow.ts';
import { afterAnswer, firstPace, type Pace } from './pace.ts';
import { loadSanitizer } from './sanitize/sanitize.ts';
import { type ConcurrencyLimit, createConcurrencyLimit } from './webhook/concurrency-limit.ts';
import { createWebhook, type OpenDestination, type Transport } from './webhook/webhook.ts';

export interface DelivererDeps {
  readonly rows: DestinationRows;
  readonly outbound: Outbound;
  /** Holds are shared by all workers, so their instants are the storage service's. */
  readonly time: ServerTime;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Loads a maker of links to attachments; without it events carry none. */
  readonly attachmentLinks?: () => Promise<LinkMaker>;
  /** Opens a file of a mail, for destinations that take the files themselves; without it all get links. */
  readonly openFile?: OpenFile;
}

/** The deliverer and what the API needs of it. */
export interface DestinationDeliverer extends Deliverer {
  /**
   * One attempt although the destination may be held or paused; undefined if there is no such destination. An accepted
   * one brings the next probe of a hold forward. Where a destination can be examined, that is done in its place.
   */
  attempt(destinationId: string, event: OutgoingEvent, signal: AbortSignal): Promise<DeliveryOutcome | undefined>;
  /**
   * Looks whether a destination that is yet to be stored is as it has to be. Accepted if it is, or if only an event
   * could tell.
   */
  examine(destination: OpenDestination, signal: AbortSignal): Promise<DeliveryOutcome>;
  /** Forgets what this process has cached of a destination, because it was changed. */
  forget(destinationId: string): void;
}

/** A destination takes this much from one process at once, or a window, if that is larger. */
const postsAtOnce = 16;

// Other processes see a change of a destination after this long at the latest.
const configCacheMs = 60_000;

// Until someone else's hold is noticed; at worst each process meets the fault itself once.
const stateCacheMs = 10_000;

const mostPeers = 1_000;

/** What a process knows of a destination. */
interface Peer {
  readonly id: string;
  readonly limit: ConcurrencyLimit;
  pace: Pace;
  /** Looks at and changes of the state happen one after another. */
  turn: Promise<unknown>;
}

/** May it be sent? Either as ordinary traffic, or as the one probe of a hold; or the outcome without sending. */
type Entry = { readonly kind: 'send'; readonly probing: boolean } | (DeliveryOutcome & { readonly kind: 'held' });

export function createDeliverer(deps: DelivererDeps): DestinationDeliverer {
  const { rows, clock, time, log } = deps;
  const renderer = createRenderer({ log, loadSanitizer, attachmentLinks: deps.attachmentLinks });
  const transportDeps = { outbound: deps.outbound, clock, renderer };
  const transports: Record<DestinationType, Transport> = {
    webhook: createWebhook(transportDeps),
    workflow: createWorkflow(transportDeps),
    collection: createCollection({ ...transportDeps, openFile: deps.openFile }),
  };
  // A forgotten one is read again; while it is in use, all callers share its places.
  const peers = createBoundedMap<string, Peer>(mostPeers, ({ limit }) => limit.isIdle);
  const monotonic = () => clock.monotonic();
  const configs = createExpiringMap<string, Promise<OpenDestination | undefined>>(mostPeers, monotonic);
  const states = createExpiringMap<string, StoredState>(mostPeers, monotonic);

  const peerOf = (id: string): Peer => {
    const known = peers.get(id);
    if (known !== undefined) return known;
    const peer: Peer = {
      id,
      limit: createConcurrencyLimit(postsAtOnce),
      pace: firstPace,
      turn: Promise.resolve(),
    };
    peers.set(id, peer);
    return peer;
  };

  const configOf = (peer: Peer): Promise<OpenDestination | undefined> => {
    const known = configs.get(peer.id);
    if (known !== undefined) return known;
    const config = rows.open(peer.id);
    configs.set(peer.id, config, monotonic() + configCacheMs);
    // A failure goes to the callers waiting now, and is not cached.
    config.catch(() => {
      if (configs.get(peer.id) === config) configs.delete(peer.id);
    });
    return config;
  };

  const inTurn = <T>(peer: Peer, work: () => Promise<T>): Promise<T> => {
    const result = peer.turn.then(work);
    peer.turn = result.catch(() => undefined);
    return result;
  };

  const remember = (peer: Peer, stored: StoredState): StoredState => {
    states.set(peer.id, stored, monotonic() + stateCacheMs);
    return stored;
  };

  const stateOf = async (peer: Peer, fresh: boolean): Promise<StoredState> =>
    (fresh ? undefined : states.get(peer.id)) ?? remember(peer, await rows.readState(peer.id));

  /** Writes a state, unless another has written meanwhile or the destination was deleted: then false. */
  const write = async (peer: Peer, state: DestinationState, etag: string | undefined): Promise<boolean> => {
    if (etag === undefined) return false;
    try {
      remember(peer, { state, etag: await rows.writeState(peer.id, state, etag) });
      return true;
    } catch (error) {
      if (!isStoreError(error, 'conflict', 'missing')) throw error;
      states.delete(peer.id);
      return false;
    }
  };

  const enter = async (peer: Peer, eventId: string, insists: boolean): Promise<Entry> => {
    const stored = await stateOf(peer, false);
    const found = gate(stored.state, time.whenJudging());
    if (found.kind === 'open') return { kind: 'send', probing: false };
    const { reason } = found;
    const wait = (retryAfterMs: number, why = reason): Entry => ({
      kind: 'held',
      reason: why,
      retryAfterMs,
      attempted: false,
    });
    if (found.kind === 'held') return wait(found.waitMs);
    if (!mayProbe(stored.state, eventId, insists)) {
      return { kind: 'held', reason, attempted: false, yields: true };
    }
    if (await write(peer, claimed(stored.state, time.whenWriting()), stored.etag))
      return { kind: 'send', probing: true };
    // Another worker was faster: to probe, or to end the hold.
    const { state } = await stateOf(peer, true);
    const now = gate(state, time.whenJudging());
    if (now.kind === 'open') return { kind: 'send', probing: false };
    return wait(now.kind === 'held' ? now.waitMs : 0, now.reason);
  };

  /** Changes the state, unless `how` answers undefined; again if another wrote meanwhile. */
  const change = async (
    peer: Peer,
    isFresh: boolean,
    how: (state: DestinationState) => DestinationState | undefined,
  ): Promise<void> => {
    let fresh = isFresh;
    await untilSettled(deps, async () => {
      const stored = await stateOf(peer, fresh);
      fresh = true;
      const next = how(stored.state);
      // A destination that was deleted meanwhile has no state any more.
      if (next === undefined || stored.etag === undefined) return;
      if (!(await write(peer, next, stored.etag))) throw new StoreError('conflict', { table: 'destinations' });
      tell(peer.id, stored.state, next);
    });
  };

  /** A destination that takes nothing starts over. What it refuses says nothing of how much it takes. */
  const pace = (peer: Peer, outcome: DeliveryOutcome, sentAt: number): void => {
    const at = monotonic();
    if (outcome.kind === 'held') peer.pace = firstPace;
    else if (outcome.kind === 'accepted') peer.pace = afterAnswer(peer.pace, { tookMs: at - sentAt, at });
    peer.limit.resize(Math.max(postsAtOnce, peer.pace.window));
  };

  const record = async (
    peer: Peer,
    { id: eventId, type }: OutgoingEvent,
    outcome: DeliveryOutcome,
    probing: boolean,
  ): Promise<void> => {
    const isMail = type === 'message.received';
    // Jitter is of probes, and most messages are accepted.
    const chance = outcome.kind === 'accepted' ? 0 : (deps.random.bytes(1)[0] ?? 0) / 256;
    await change(peer, false, (state) =>
      afterAttempt(state, outcome, { eventId, isMail, probing, now: time.whenWriting(), chance }),
    );
  };

  const tell = (destinationId: string, before: DestinationState, after: DestinationState): void => {
    const heldSince = after.heldSince?.toISOString();
    if (before.heldSince === undefined && heldSince !== undefined) {
      log.info('destination.held', { destinationId, code: after.reason, status: after.status });
    } else if (before.heldSince !== undefined && heldSince === undefined) {
      log.info('destination.released', { destinationId, heldSince: before.heldSince.toISOString() });
    } else if (after.told && !before.told) {
      log.warn('destination.held_long', { destinationId, code: after.reason, status: after.status, heldSince });
    }
  };

  return {
    async deliver(destinationId, event, signal, ready, { insists = false } = {}) {
      const peer = peerOf(destinationId);
      const leave = await peer.limit.take(signal);
      try {
        const open = await configOf(peer);
        if (open === undefined) return { kind: 'held', reason: 'destination_missing', attempted: false };
        if (open.config.paused) return { kind: 'held', reason: 'destination_paused', attempted: false };
        const entry = await inTurn(peer, () => enter(peer, event.id, insists));
        if (entry.kind === 'held') return entry;
        await ready?.();
        const facts = { 'broker.destination_type': open.config.type, 'broker.event_type': event.type };
        const sentAt = monotonic();
        const outcome = await traced('deliver', 'internal', facts, async (span) => {
          const sent = await transports[open.config.type].send(open, event, signal);
          span.say({ 'broker.outcome': sent.kind });
          if (sent.kind !== 'accepted') span.fail();
          return sent;
        });
        pace(peer, outcome, sentAt);
        await inTurn(peer, () => record(peer, event, outcome, entry.probing)).catch((error: unknown) => {
          // The outcome stands: it was sent. The next delivery finds the same state, or records it then.
          log.error('destination.state_not_saved', error, { destinationId });
        });
        return outcome;
      } finally {
        leave();
      }
    },

    window: (destinationId) => peerOf(destinationId).pace.window,

    async dryRun(destinationId, event) {
      const open = await configOf(peerOf(destinationId));
      if (open !== undefined) await renderer.data(event, open.config);
    },

    async attempt(destinationId, event, signal) {
      const peer = peerOf(destinationId);
      const open = await configOf(peer);
      if (open === undefined) return undefined;
      const transport = transports[open.config.type];
      const outcome = await (transport.examine?.(open, signal) ?? transport.send(open, event, signal));
      if (outcome.kind === 'accepted') {
        await inTurn(peer, () =>
          change(peer, true, (state) => {
            const next = afterFix(state);
            return next === state ? undefined : next;
          }),
        );
      }
      return outcome;
    },

    async examine(open, signal) {
      return (await transports[open.config.type].examine?.(open, signal)) ?? { kind: 'accepted', status: 200 };
    },

    forget(destinationId) {
      configs.delete(destinationId);
      states.delete(destinationId);
    },
  };
}
