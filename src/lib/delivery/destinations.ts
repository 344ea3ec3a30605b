import { randomBase62 } from '../domain/bytes.ts';
import type { Clock, Random } from '../domain/clock.ts';
import { newDestinationId } from '../domain/ids.ts';
import { errorTable, isErrorCode } from '../error-codes.ts';
import { BrokerError } from '../errors.ts';
import type { Outbound } from '../http/outbound.ts';
import type { Log } from '../log.ts';
import {
  type DestinationAuth,
  type DestinationCollections,
  type DestinationConfig,
  type DestinationRows,
  type DestinationSecrets,
  type DestinationState,
  type DestinationType,
  restingState,
  type StoredState,
} from '../store/destinations.ts';
import { isStoreError } from '../store/table.ts';
import type { DestinationDeliverer } from './deliverer.ts';
import { mended } from './hold.ts';
import { isSigningSecret, newSigningSecret } from './sign.ts';
import type { OpenDestination } from './webhook.ts';
import { isWorkflowTrigger } from './workflow.ts';

export type AuthInput =
  | { readonly type: 'none' }
  | { readonly type: 'basic'; readonly user: string; readonly password: string }
  | { readonly type: 'bearer'; readonly token: string };

interface NewCommon {
  readonly name: string;
  readonly url: string;
  readonly rawHtml: boolean;
  readonly paused: boolean;
}

export type NewDestination =
  | (NewCommon & {
      readonly type: 'webhook';
      readonly auth: AuthInput;
      /** One that the receiver knows already; else a new one is made. */
      readonly signingSecret?: string | undefined;
    })
  | (NewCommon & { readonly type: 'workflow'; readonly auth: AuthInput })
  | (NewCommon & {
      readonly type: 'collection';
      readonly auth: AuthInput;
      readonly collections: DestinationCollections;
    });

export interface DestinationPatch {
  readonly name?: string | undefined;
  readonly url?: string | undefined;
  readonly rawHtml?: boolean | undefined;
  readonly paused?: boolean | undefined;
  readonly auth?: AuthInput | undefined;
  /** For `collection` only. */
  readonly collections?: DestinationCollections | undefined;
  /** These two for `webhook` only. */
  readonly rotateSigningSecret?: true | undefined;
  readonly dropOldSigningSecret?: true | undefined;
}

/** A destination as the API shows it: no credential, no secret. */
export interface DestinationView {
  readonly id: string;
  readonly type: DestinationType;
  readonly name: string;
  readonly url: string;
  readonly rawHtml: boolean;
  readonly paused: boolean;
  readonly auth: { readonly type: DestinationAuth['kind'] };
  /** Present exactly for `collection`. */
  readonly collections: DestinationCollections | undefined;
  /** The live signing secrets by their age, newest first. */
  readonly signingSecrets: readonly { readonly createdAt: Date }[];
  /** Present while nothing but probes is sent, because of a fault of the destination. */
  readonly held:
    | {
        readonly since: Date;
        readonly code: string;
        readonly sentence: string;
        readonly remedy: string;
        /** Undefined: with the next message. */
        readonly nextProbe: Date | undefined;
      }
    | undefined;
  /** When it last accepted something, to the minute. */
  readonly lastAccepted: Date | undefined;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A destination that was made or changed, with the signing secret that was made for it: shown this once. */
export interface DestinationChange {
  readonly destination: DestinationView;
  readonly signingSecret: string | undefined;
}

/** What came of a test event. The status is told, what the receiver said is not. */
export interface DestinationTest {
  readonly accepted: boolean;
  /** Absent if there was no answer. */
  readonly status: number | undefined;
  /** These three where it was not accepted. */
  readonly code?: string;
  readonly sentence?: string;
  readonly remedy?: string;
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
   * along: whoever may change the address shall not get sent what was meant for the one before.
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
  readonly outbound: Pick<Outbound, 'mayReach'>;
  /** True if a mailbox delivers to it. */
  readonly inUse: (id: string) => Promise<boolean>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** A rotation leaves two secrets live; a third would only be one that nobody has taken out of use. */
const liveSecrets = 2;

export function createDestinations(deps: DestinationsDeps): Destinations {
  const { rows, deliverer, outbound, clock, random } = deps;

  const checkUrl = (type: DestinationType, url: string): void => {
    if (!outbound.mayReach(url)) throw new BrokerError('destination_url_refused');
    if (type === 'workflow' && !isWorkflowTrigger(url))
      throw wrongField('url', 'Is not …/workflows:trigger?triggerWorkflows=KEY.');
    if (type === 'collection' && (new URL(url).search !== '' || new URL(url).hash !== '')) {
      throw wrongField('url', 'Is not the address of an API, such as https://nocobase.example.com/api, alone.');
    }
  };

  const examine = async (destination: OpenDestination): Promise<void> => {
    const outcome = await deliverer.examine(destination, new AbortController().signal);
    if (outcome.kind === 'accepted') return;
    throw new BrokerError(isErrorCode(outcome.reason) ? outcome.reason : 'internal_error');
  };

  const writing = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (isStoreError(error, 'conflict', 'missing')) throw new BrokerError('conflict', { cause: error });
      throw error;
    }
  };

  /** A change may have mended what the hold is for. */
  const probeAtOnce = async (id: string, { state, etag }: StoredState): Promise<DestinationState> => {
    const next = mended(state);
    if (next === state || etag === undefined) return state;
    try {
      await rows.writeState(id, next, etag);
    } catch (error) {
      // Whoever delivers has written: there is a newer look at it than ours. And the change itself is made, with a secret
      // that is shown this once: the next probe comes by itself, a little later.
      if (isStoreError(error, 'unreachable')) deps.log.warn('destination.probe_not_hastened', { destination: id });
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
      const { status } = outcome;
      if (outcome.kind === 'accepted') return { accepted: true, status };
      return { accepted: false, status, code: outcome.reason, ...explanation(outcome.reason) };
    },
  };
}

const wrongField = (field: string, message: string): BrokerError =>
  new BrokerError('invalid_request', { fields: [{ field, message }] });

/** Workflows and collections know us by their API key; nothing is signed for them. */
function signingSecretOf(input: NewDestination, random: Random): string | undefined {
  if (input.type !== 'webhook') return undefined;
  if (input.signingSecret === undefined) return newSigningSecret(random);
  if (isSigningSecret(input.signingSecret)) return input.signingSecret;
  throw wrongField('signingSecret', 'Is not whsec_ followed by the base64 of 24 to 64 bytes.');
}

function checkPatch(type: DestinationType, patch: DestinationPatch): void {
  if (type !== 'collection' && patch.collections !== undefined) {
    throw wrongField('collections', 'Is for destinations of the type collection.');
  }
  if (type === 'webhook') return;
  for (const field of ['rotateSigningSecret', 'dropOldSigningSecret'] as const) {
    if (patch[field] !== undefined) throw wrongField(field, 'Is for destinations of the type webhook.');
  }
  if (patch.auth !== undefined && patch.auth.type !== 'bearer') {
    throw wrongField('auth', 'Is not bearer: NocoBase takes API keys only.');
  }
}

function authOf(input: AuthInput): DestinationAuth {
  switch (input.type) {
    case 'none':
      return { kind: 'none' };
    case 'basic':
      return { kind: 'basic', user: input.user, password: input.password };
    case 'bearer':
      return { kind: 'bearer', token: input.token };
  }
}

/** The destination as a patch makes it, and the signing secret made on the way. Pure but for the secret's randomness. */
function patched(
  found: { readonly config: DestinationConfig; readonly secrets: DestinationSecrets },
  patch: DestinationPatch,
  now: Date,
  random: Random,
): { config: DestinationConfig; secrets: DestinationSecrets; signingSecret: string | undefined } {
  const { config: before } = found;
  const url = patch.url ?? before.url;
  const moved = new URL(url).origin !== new URL(before.url).origin;
  const kept: DestinationAuth = moved ? { kind: 'none' } : found.secrets.auth;
  const auth = patch.auth === undefined ? kept : authOf(patch.auth);

  const keep = patch.dropOldSigningSecret === true ? 1 : liveSecrets;
  const signingSecret = patch.rotateSigningSecret === true ? newSigningSecret(random) : undefined;
  const added = signingSecret === undefined ? [] : [signingSecret];
  const signing = [...added, ...found.secrets.signing].slice(0, keep);
  const signingSince = [...added.map(() => now), ...before.signingSince].slice(0, keep);

  const config: DestinationConfig = {
    ...before,
    name: patch.name ?? before.name,
    url,
    rawHtml: patch.rawHtml ?? before.rawHtml,
    paused: patch.paused ?? before.paused,
    collections: patch.collections ?? before.collections,
    auth: auth.kind,
    signingSince,
    updatedAt: now,
  };
  return { config, secrets: { signing, auth }, signingSecret };
}

function viewOf(config: DestinationConfig, state: DestinationState): DestinationView {
  const { heldSince: since, reason: code, nextProbe } = state;
  return {
    id: config.id,
    type: config.type,
    name: config.name,
    url: config.url,
    rawHtml: config.rawHtml,
    paused: config.paused,
    auth: { type: config.auth },
    collections: config.collections,
    signingSecrets: config.signingSince.map((createdAt) => ({ createdAt })),
    held: since === undefined ? undefined : { since, code, ...explanation(code), nextProbe },
    lastAccepted: state.lastAccepted,
    createdAt: config.createdAt,
    updatedAt: config.updatedAt,
  };
}

function explanation(code: string): { readonly sentence: string; readonly remedy: string } {
  const { sentence, remedy } = errorTable[isErrorCode(code) ? code : 'internal_error'];
  return { sentence, remedy };
}
