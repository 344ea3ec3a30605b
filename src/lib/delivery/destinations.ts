import { randomBase62 } from '../domain/bytes.ts';
import type { Clock, Random } from '../domain/clock.ts';
import { newDestinationId } from '../domain/ids.ts';
import { BrokerError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Outbound } from '../outbound/outbound.ts';
import {
  type DestinationConfig,
  type DestinationState,
  type DestinationType,
  restingState,
} from '../store/destinations/destination.ts';
import type { StoredState } from '../store/destinations/destination-row.ts';
import type { DestinationRows } from '../store/destinations/destinations.ts';
import { isStoreError } from '../store/table/table.ts';
import type { DestinationDeliverer } from './deliverer.ts';
import {
  authOf,
  checkPatch,
  type DestinationPatch,
  type NewDestination,
  patched,
  signingSecretOf,
  wrongField,
} from './destination-change.ts';
import { destinationParts } from './destination-parts.ts';
import { type DestinationTest, type DestinationView, testOf, viewOf } from './destination-view.ts';
import { afterFix } from './hold.ts';
import type { OpenDestination } from './webhook/webhook.ts';

/** A destination that was made or changed, with the signing secret that was made for it: shown this once. */
export interface DestinationChange {
  readonly destination: DestinationView;
  readonly signingSecret: string | undefined;
}

/** Destinations as administrators handle them. @throws StoreError where the table cannot be used */
export interface Destinations {
  /** In the order in which they were made. */
  list(): Promise<DestinationView[]>;
  get(id: string): Promise<DestinationView | undefined>;
  /**
   * @throws BrokerError `destination_url_refused` | `invalid_request`; for a `collection` also `destination_unfit` and
   * the codes of a destination that cannot be asked
   */
  create(input: NewDestination): Promise<DestinationChange>;
  /**
   * Undefined if there is no such destination. Another origin in the URL clears the credentials, unless new ones come
   * along: a caller who may change the address must not be sent the credentials of the old one.
   * @throws BrokerError as `create` does, and `conflict`
   */
  patch(id: string, patch: DestinationPatch): Promise<DestinationChange | undefined>;
  /** False if there was none. @throws BrokerError `destination_in_use` | `conflict` */
  remove(id: string): Promise<boolean>;
  /** Sends a `destination.test` event, held or paused or not. Undefined if there is no such destination. */
  test(id: string, signal: AbortSignal): Promise<DestinationTest | undefined>;
}

export interface DestinationsDeps {
  readonly rows: DestinationRows;
  readonly deliverer: Pick<DestinationDeliverer, 'attempt' | 'examine' | 'forget'>;
  readonly outbound: Pick<Outbound, 'maySendTo'>;
  /** True if a mailbox delivers to it. */
  readonly inUse: (id: string) => Promise<boolean>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export function createDestinations(deps: DestinationsDeps): Destinations {
  const { rows, deliverer, outbound, clock, random } = deps;

  const checkUrl = (type: DestinationType, url: string): void => {
    if (!outbound.maySendTo(url)) throw new BrokerError('destination_url_refused');
    const fault = destinationParts[type].urlFault(url);
    if (fault !== undefined) throw wrongField('url', fault);
  };

  const examine = async (destination: OpenDestination): Promise<void> => {
    const outcome = await deliverer.examine(destination, new AbortController().signal);
    if (outcome.kind === 'accepted') return;
    throw new BrokerError(outcome.reason);
  };

  const writing = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (isStoreError(error, 'conflict', 'missing')) throw new BrokerError('conflict', { cause: error });
      throw error;
    }
  };

  /** A change may have fixed what the hold is for. */
  const probeAtOnce = async (id: string, { state, etag }: StoredState): Promise<DestinationState> => {
    const next = afterFix(state);
    if (next === state || etag === undefined) return state;
    try {
      await rows.writeState(id, next, etag);
    } catch (error) {
      // A delivering process has written newer state. The change itself is made, with a secret that is shown only once;
      // the next probe happens anyway, a little later.
      if (isStoreError(error, 'unreachable')) deps.log.warn('destination.probe_not_advanced', { destinationId: id });
      else if (!isStoreError(error, 'conflict', 'missing')) throw error;
      return state;
    }
    return next;
  };

  return {
    async list() {
      return (await rows.list()).map(({ config, state }) => viewOf(config, state));
    },

    async get(id) {
      const [found, { state }] = await Promise.all([rows.read(id), rows.readState(id)]);
      return found === undefined ? undefined : viewOf(found.config, state);
    },

    async create(input) {
      checkUrl(input.type, input.url);
      const now = new Date(clock.now());
      const signingSecret = signingSecretOf(input, random);
      const config: DestinationConfig = {
        id: newDestinationId(random),
        type: input.type,
        name: input.name,
        url: input.url,
        rawHtml: input.rawHtml,
        // Absent unless asked for, like in the rows of destinations that were there before.
        folderCounts: input.folderCounts === true ? true : undefined,
        paused: input.paused,
        collections: input.type === 'collection' ? input.collections : undefined,
        auth: input.auth.type,
        signingSince: signingSecret === undefined ? [] : [now],
        createdAt: now,
        updatedAt: now,
      };
      const secrets = { signing: signingSecret === undefined ? [] : [signingSecret], auth: authOf(input.auth) };
      await examine({ config, secrets });
      await rows.insert(config, secrets);
      return { destination: viewOf(config, restingState), signingSecret };
    },

    async patch(id, patch) {
      const found = await rows.open(id);
      if (found === undefined) return undefined;
      checkPatch(found.config.type, patch);
      if (patch.url !== undefined) checkUrl(found.config.type, patch.url);
      const now = new Date(clock.now());
      const { config, secrets, signingSecret } = patched(found, patch, now, random);
      // What was fit before is not asked again when only its name changes, or when it is paused because it is down.
      const touched = patch.url ?? patch.auth ?? patch.collections;
      if (touched !== undefined && secrets.auth.kind !== 'none') await examine({ config, secrets });
      const before = await rows.readState(id);
      await writing(rows.replace(config, secrets, found.etag));
      const state = await probeAtOnce(id, before);
      deliverer.forget(id);
      return { destination: viewOf(config, state), signingSecret };
    },

    async remove(id) {
      const found = await rows.read(id);
      if (found === undefined) return false;
      if (await deps.inUse(id)) throw new BrokerError('destination_in_use');
      await writing(rows.delete(id, found.etag));
      deliverer.forget(id);
      return true;
    },

    async test(id, signal) {
      const found = await rows.read(id);
      if (found === undefined) return undefined;
      const event = {
        id: `test_${randomBase62(16, random)}`,
        type: 'destination.test' as const,
        timestamp: new Date(clock.now()),
        data: { destination: { id, name: found.config.name } },
      };
      // What the administrator has just set is to be tested, not what this process remembers.
      deliverer.forget(id);
      const outcome = await deliverer.attempt(id, event, signal);
      if (outcome === undefined) return undefined;
      return testOf(outcome);
    },
  };
}
