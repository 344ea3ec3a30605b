import { isDestinationId } from '../../domain/ids.ts';
import { equalBytes } from '../../domain/mac.ts';
import type { Sealer } from '../../domain/sealing.ts';
import { writeOrFind } from '../table/modify.ts';
import type { Row, Store } from '../table/table.ts';
import { type DestinationConfig, type DestinationSecrets, type DestinationState, restingState } from './destination.ts';
import {
  configKey,
  decodeConfig,
  decodeState,
  encodeConfig,
  encodeState,
  openSecrets,
  destinationPartition as partitionKey,
  type StoredConfig,
  type StoredState,
  stateKey,
} from './destination-row.ts';

/**
 * Destinations as rows `a!dst_…` and `b!dst_…` of one partition. The origin of the URL is sealed along with the
 * secrets: a person who can write the table can send neither the secrets nor mail to another origin.
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

export function createDestinationRows(deps: { readonly store: Store; readonly sealer: Sealer }): DestinationRows {
  const table = deps.store.table('destinations');

  // An id may come from a request's path: one of another form is no key to ask the table for.
  const rowOf = (id: string, key: string) => (isDestinationId(id) ? table.get(partitionKey, key) : undefined);

  const readRow = async (id: string) => {
    const row = await rowOf(id, configKey(id));
    return row === undefined ? undefined : decodeConfig(row);
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
      return { config: found.config, etag: found.etag, secrets: await openSecrets(deps.sealer, found) };
    },

    async insert(config, secrets) {
      const row = await encodeConfig(deps.sealer, config, secrets);
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
      const row = await encodeConfig(deps.sealer, config, secrets);
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
