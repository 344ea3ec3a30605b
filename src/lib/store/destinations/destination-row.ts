import { z } from 'zod';
import type { Sealer, SealPlace } from '../../domain/sealing.ts';
import { isErrorCode } from '../../error-codes.ts';
import { BrokerError } from '../../errors.ts';
import { brokenRow, columns, count, instant, json, readColumns, text } from '../table/columns.ts';
import type { Row, StoredRow } from '../table/table.ts';
import {
  type DestinationConfig,
  type DestinationSecrets,
  type DestinationState,
  destinationTypes,
} from './destination.ts';

export interface StoredConfig {
  readonly config: DestinationConfig;
  readonly etag: string;
}

export interface StoredState {
  readonly state: DestinationState;
  /** Undefined if there is no such row: it comes and goes with the destination. */
  readonly etag: string | undefined;
}

/** A configuration whose secrets are not opened yet. */
export interface SealedConfig extends StoredConfig {
  readonly row: StoredRow;
  readonly sealed: Uint8Array;
}

// One partition: there are few destinations, each is cached where it is used, and a list is one query.
export const destinationPartition = 'dst';
const partitionKey = destinationPartition;
export const configKey = (id: string): string => `a!${id}`;
export const stateKey = (id: string): string => `b!${id}`;
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
  folderCounts: z.boolean().optional(),
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
  status: count.optional(),
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

/** @throws BrokerError `row_broken` | `row_newer` */
export function decodeConfig(row: StoredRow): SealedConfig {
  const { secrets, signingSince, collections, ...rest } = readColumns(row, configForm);
  const config: DestinationConfig = {
    ...rest,
    id: row.rowKey.slice(2),
    collections,
    signingSince: signingSince.map((at) => new Date(at)),
  };
  return { config, etag: row.etag, row, sealed: secrets };
}

/** @throws BrokerError `row_broken` | `row_newer` */
export function decodeState(row: StoredRow): StoredState {
  const read = readColumns(row, stateForm);
  const { heldSince, reason } = read;
  const state: DestinationState = {
    ...read,
    heldSince,
    reason: heldSince === undefined ? undefined : isErrorCode(reason) ? reason : 'internal_error',
    status: read.status,
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

export const encodeState = (id: string, state: DestinationState): Row => ({
  partitionKey,
  rowKey: stateKey(id),
  values: columns({ ...state, reason: state.reason ?? '' }),
});

/** Row `a`, its secrets sealed. @throws what the vault throws */
export async function encodeConfig(
  sealer: Sealer,
  config: DestinationConfig,
  secrets: DestinationSecrets,
): Promise<Row> {
  const { id, collections, signingSince, ...rest } = config;
  return {
    partitionKey,
    rowKey: configKey(id),
    values: columns({
      ...rest,
      collections: collections === undefined ? undefined : JSON.stringify(collections),
      signingSince: JSON.stringify(signingSince),
      secrets: await sealer.seal(placeOfSecrets(id), new TextEncoder().encode(sealedText(config.url, secrets))),
    }),
  };
}

/** @throws BrokerError `seal_broken`, also for the URL of another origin; `row_broken`; what the vault throws */
export async function openSecrets(sealer: Sealer, { config, row, sealed }: SealedConfig): Promise<DestinationSecrets> {
  const plain = new TextDecoder().decode(await sealer.open(placeOfSecrets(config.id), sealed));
  const secrets = secretsForm.safeParse(JSON.parse(plain));
  if (!secrets.success) throw brokenRow(row, 'secrets');
  const { origin, ...rest } = secrets.data;
  if (origin !== originOf(config.url)) throw new BrokerError('seal_broken');
  return rest;
}
