import { z } from 'zod';
import { isDestinationId } from '../domain/ids.ts';
import { equalBytes } from '../domain/mac.ts';
import type { Sealer, SealPlace } from '../domain/sealing.ts';
import { BrokerError } from '../errors.ts';
import { brokenRow, columns, count, instant, json, readColumns, text } from './columns.ts';
import { writeOrFind } from './modify.ts';
import type { Row, Store, StoredRow } from './table.ts';

export const destinationTypes = ['webhook', 'workflow', 'collection'] as const;

/**
 * `webhook`: the webhook trigger of NocoBase, or any receiver of Standard Webhooks. `workflow`: a custom-action workflow
 * of NocoBase. `collection`: its records.
 */
export type DestinationType = (typeof destinationTypes)[number];

/** The collections of NocoBase that a `collection` destination keeps. */
export interface DestinationCollections {
  readonly messages: string;
  readonly accounts: string;
  readonly outbox: string;
  /** The field of `messages` that shows the files of a mail, which are uploaded for it; without it they stay links. */
  readonly attachments?: string | undefined;
}

/** Row `a`: what an administrator has set. Written by the API alone. */
export interface DestinationConfig {
  readonly id: string;
  readonly type: DestinationType;
  /** Shown to people who connect a mailbox. */
  readonly name: string;
  readonly url: string;
  /** True: the HTML of mail goes out as received. */
  readonly rawHtml: boolean;
  /** Paused by hand. */
  readonly paused: boolean;
  /** Present exactly for `collection`. */
  readonly collections: DestinationCollections | undefined;
  /** How we sign in there; the credential itself is among the secrets. */
  readonly auth: DestinationAuth['kind'];
  /** When each live signing secret was made, newest first. */
  readonly signingSince: readonly Date[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type DestinationAuth =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string };

/** What is sealed. */
export interface DestinationSecrets {
  /** Live signing secrets (`whsec_…`), newest first. */
  readonly signing: readonly string[];
  readonly auth: DestinationAuth;
}

/** Row `b`: how it goes. Written by whoever delivers, by ETag; the API writes it only to bring the next probe forward. */
export interface DestinationState {
  /** Undefined while it is not held. */
  readonly heldSince: Date | undefined;
  /** A code of error-codes.ts; '' while it is not held. */
  readonly reason: string;
  /** True if dead messages in a row began the hold, so that an ambiguous answer does not end it. */
  readonly heldByDead: boolean;
  /** Held: nothing is sent before this instant of server time. */
  readonly nextProbe: Date | undefined;
  /** Probes in a row that failed; picks the wait before the next one. */
  readonly probes: number;
  /** Somebody is probing until then at the latest (server time). */
  readonly proberUntil: Date | undefined;
  /** Noted on a change of state and at most once a minute. */
  readonly lastAccepted: Date | undefined;
  /** The same of mail alone: one that takes events and no mail has accepted nothing that speaks against a mail. */
  readonly lastMailAccepted: Date | undefined;
  /** True once the log has told of this hold. */
  readonly told: boolean;
  /** Dead messages since it last accepted a mail. */
  readonly deadInRow: number;
  /** Heads that were moved out of the way of holds since it last accepted a mail. */
  readonly headsMoved: number;
  /** The id of the event that failed last in this hold: the probe is another one, if there is one. */
  readonly failed: string | undefined;
}

export interface StoredConfig {
  readonly config: DestinationConfig;
  readonly etag: string;
}

export interface StoredState {
  readonly state: DestinationState;
  /** Undefined if there is no such row: it comes and goes with the destination. */
  readonly etag: string | undefined;
}

/**
 * Destinations as rows `a!dst_…` and `b!dst_…` of one partition. The origin of the URL is sealed along with the secrets:
 * whoever can write the table can send neither them nor mail to another one.
 * @throws StoreError | BrokerError `row_broken`
 */
export interface DestinationRows {
  /** All, with how they go, in the order in which they were made. */
  list(): Promise<(StoredConfig & { readonly state: DestinationState })[]>;
  read(id: string): Promise<StoredConfig | undefined>;
  /** With the secrets opened. @throws BrokerError `seal_broken`, also for the URL of another origin; what the vault throws */
  open(id: string): Promise<(StoredConfig & { readonly secrets: DestinationSecrets }) | undefined>;
  insert(config: DestinationConfig, secrets: DestinationSecrets): Promise<void>;
  /** @throws StoreError `conflict` | `missing` */
  replace(config: DestinationConfig, secrets: DestinationSecrets, etag: string): Promise<void>;
  /** Deletes both rows. @throws StoreError `conflict` if the configuration has changed */
  delete(id: string, etag: string): Promise<void>;
  readState(id: string): Promise<StoredState>;
  /** Answers the new ETag. @throws StoreError `conflict` | `missing` if another wrote first, or it is deleted */
  writeState(id: string, state: DestinationState, etag: string): Promise<string>;
}

export const restingState: DestinationState = {
  heldSince: undefined,
  reason: '',
  heldByDead: false,
  nextProbe: undefined,
  probes: 0,
  proberUntil: undefined,
  lastAccepted: undefined,
  lastMailAccepted: undefined,
  told: false,
  deadInRow: 0,
  headsMoved: 0,
  failed: undefined,
};

// One partition: there are few destinations, each is cached where it is used, and a list is one query.
export const destinationPartition = 'dst';
const partitionKey = destinationPartition;
const configKey = (id: string): string => `a!${id}`;
const stateKey = (id: string): string => `b!${id}`;
/** Where the secrets of a destination lie. */
export const placeOfSecrets = (id: string): SealPlace => ({
  table: 'destinations',
  partitionKey,
  rowKey: configKey(id),
  column: 'secrets',
});

const name = z.string().regex(/^\w{1,64}$/);

const configForm = z.object({
  type: z.enum(destinationTypes),
  name: text,
  url: text,
  rawHtml: z.boolean(),
  paused: z.boolean(),
  collections: json(
    z.object({ messages: name, accounts: name, outbox: name, attachments: name.optional() }),
  ).optional(),
  auth: z.enum(['none', 'basic', 'bearer']),
  signingSince: json(z.array(z.iso.datetime())),
  secrets: z.instanceof(Uint8Array),
  createdAt: instant,
  updatedAt: instant,
});

const secretsForm = z.object({
  origin: text,
  signing: z.array(text),
  auth: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('none') }),
    z.object({ kind: z.literal('basic'), user: text, password: text }),
    z.object({ kind: z.literal('bearer'), token: text }),
  ]),
});

const stateForm = z.object({
  heldSince: instant.optional(),
  reason: text,
  heldByDead: z.boolean(),
  nextProbe: instant.optional(),
  probes: count,
  proberUntil: instant.optional(),
  lastAccepted: instant.optional(),
  lastMailAccepted: instant.optional(),
  told: z.boolean(),
  deadInRow: count,
  headsMoved: count,
  failed: text.optional(),
});

function decodeConfig(row: StoredRow): StoredConfig & { readonly sealed: Uint8Array } {
  const { secrets, signingSince, collections, ...rest } = readColumns(row, configForm);
  const config: DestinationConfig = {
    ...rest,
    id: row.rowKey.slice(2),
    collections,
    signingSince: signingSince.map((at) => new Date(at)),
  };
  return { config, etag: row.etag, sealed: secrets };
}

function decodeState(row: StoredRow): StoredState {
  const read = readColumns(row, stateForm);
  const state: DestinationState = {
    ...read,
    heldSince: read.heldSince,
    nextProbe: read.nextProbe,
    proberUntil: read.proberUntil,
    lastAccepted: read.lastAccepted,
    lastMailAccepted: read.lastMailAccepted,
    failed: read.failed,
  };
  return { state, etag: row.etag };
}

const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : '');

const sealedText = (url: string, { signing, auth }: DestinationSecrets): string =>
  JSON.stringify({ origin: originOf(url), signing, auth });

const encodeState = (id: string, state: DestinationState): Row => ({
  partitionKey,
  rowKey: stateKey(id),
  values: columns({ ...state }),
});

export function createDestinationRows(deps: { readonly store: Store; readonly sealer: Sealer }): DestinationRows {
  const table = deps.store.table('destinations');

  const encodeConfig = async (config: DestinationConfig, secrets: DestinationSecrets): Promise<Row> => {
    const { id, collections, signingSince, ...rest } = config;
    return {
      partitionKey,
      rowKey: configKey(id),
      values: columns({
        ...rest,
        collections: collections === undefined ? undefined : JSON.stringify(collections),
        signingSince: JSON.stringify(signingSince),
        secrets: await deps.sealer.seal(placeOfSecrets(id), new TextEncoder().encode(sealedText(config.url, secrets))),
      }),
    };
  };

  // An id may come from a request's path: one of another form is no key to ask the table for.
  const rowOf = (id: string, key: string) => (isDestinationId(id) ? table.get(partitionKey, key) : undefined);

  const readRow = async (id: string) => {
    const row = await rowOf(id, configKey(id));
    return row === undefined ? undefined : { row, ...decodeConfig(row) };
  };

  /** Whether the configuration lies there as it was to be written: what is sealed differs with every write. */
  const isStored = async ({ rowKey, values }: Row): Promise<boolean> => {
    const found = (await table.get(partitionKey, rowKey))?.values.secrets;
    return found instanceof Uint8Array && values.secrets instanceof Uint8Array && equalBytes(found, values.secrets);
  };

  return {
    async list() {
      const rows = await table.list(partitionKey, { from: 'a!', below: 'c' });
      const states = new Map(rows.map((row) => [row.rowKey, row] as const));
      return rows
        .filter((row) => row.rowKey.startsWith('a!'))
        .map((row) => {
          const { config, etag } = decodeConfig(row);
          const state = states.get(stateKey(config.id));
          return { config, etag, state: state === undefined ? restingState : decodeState(state).state };
        })
        .sort((one, other) => one.config.createdAt.getTime() - other.config.createdAt.getTime());
    },

    async read(id) {
      const found = await readRow(id);
      return found === undefined ? undefined : { config: found.config, etag: found.etag };
    },

    async open(id) {
      const found = await readRow(id);
      if (found === undefined) return undefined;
      const plain = new TextDecoder().decode(await deps.sealer.open(placeOfSecrets(id), found.sealed));
      const secrets = secretsForm.safeParse(JSON.parse(plain));
      if (!secrets.success) throw brokenRow(found.row, 'secrets');
      const { origin, ...rest } = secrets.data;
      if (origin !== originOf(found.config.url)) throw new BrokerError('seal_broken');
      return { config: found.config, etag: found.etag, secrets: rest };
    },

    async insert(config, secrets) {
      const row = await encodeConfig(config, secrets);
      await writeOrFind(
        () =>
          table.batch(partitionKey, [
            { kind: 'insert', row },
            { kind: 'insert', row: encodeState(config.id, restingState) },
          ]),
        () => isStored(row),
      );
    },

    async replace(config, secrets, etag) {
      const row = await encodeConfig(config, secrets);
      await writeOrFind(
        () => table.replace(row, etag),
        () => isStored(row),
      );
    },

    async delete(id, etag) {
      // The configuration goes last: a state that is left behind alone would never be found again.
      const state = await table.get(partitionKey, stateKey(id));
      if (state !== undefined) await table.delete(partitionKey, stateKey(id), state.etag);
      await table.delete(partitionKey, configKey(id), etag);
    },

    async readState(id) {
      const row = await rowOf(id, stateKey(id));
      return row === undefined ? { state: restingState, etag: undefined } : decodeState(row);
    },

    async writeState(id, state, etag) {
      return table.replace(encodeState(id, state), etag);
    },
  };
}
