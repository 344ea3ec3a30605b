import type { TableClient, TableServiceClientOptions, TransactionAction } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import type { Config } from '../../config.ts';
import type { Clock } from '../../domain/clock.ts';
import { linkedAbort } from '../../domain/linked-abort.ts';
import { retrying } from '../../domain/schedule.ts';
import { fromEntity, toEntity } from './azure-entity.ts';
import { ForeignAnswer, isTableMissing, toStoreError } from './azure-error.ts';
import { createServerTime, type SampledServerTime } from './server-time.ts';
import {
  type BatchOperation,
  isStoreError,
  type Store,
  type StoredRow,
  StoreError,
  type Table,
  type TableName,
} from './table.ts';

export interface AzureStoreDeps {
  readonly clock: Clock;
  /** Signs in at Table Storage; the managed identity of the app where it is left out. */
  readonly credential?: TokenCredential;
  /** Time within which a request must be answered; 10 s. */
  readonly timeoutMs?: number;
  /** Evenly from 0 to 1, for the jitter between tries of a read. */
  readonly chance?: () => number;
}

// A run holds its lease for 60 s and renews every 20 s: a request that hangs must not eat more than half of that.
const requestTimeoutMs = 10_000;

// Before the second and the third try of a read: up to so long, at least half of it.
const readWaitsMs = [300, 1500];

/**
 * Table Storage. Reads are tried three times; a write is sent once, because only its caller can tell what an unanswered
 * write means (the SDK's own retry meets its first try as a 412). A table that is missing is made at its first write.
 */
export function createAzureStore(config: Pick<Config, 'tables' | 'identityClientId'>, deps: AzureStoreDeps): Store {
  const time = createServerTime(deps.clock);
  const tables = new Map<TableName, Table>();
  const open = connector(config, deps, time);
  return {
    time,
    table(name) {
      const table = tables.get(name) ?? azureTable(name, () => open(name), deps);
      tables.set(name, table);
      return table;
    },
  };
}

/** Makes clients at their first use, so that the SDK and the credential are loaded only where they are needed. */
function connector(
  config: Pick<Config, 'tables' | 'identityClientId'>,
  deps: AzureStoreDeps,
  time: SampledServerTime,
): (name: TableName) => Promise<TableClient> {
  const clients = new Map<TableName, TableClient>();
  let credential = deps.credential;
  const options: TableServiceClientOptions = {
    retryOptions: { maxRetries: 0 },
    // The later of two sees an answer first: no time is taken from an answer that is not the service's.
    additionalPolicies: [
      { position: 'perRetry', policy: dateReader(deps.clock, time) },
      { position: 'perRetry', policy: serviceOnly },
    ],
  };
  return async (name) => {
    const known = clients.get(name);
    if (known !== undefined) return known;
    const { TableClient } = await import('@azure/data-tables');
    const { tables } = config;
    let client: TableClient;
    if ('connectionString' in tables) {
      // Only the local emulator is reached this way, and it speaks http.
      const local = { ...options, allowInsecureConnection: true };
      client = TableClient.fromConnectionString(tables.connectionString, name, local);
    } else {
      credential ??= await ownCredential(config.identityClientId);
      client = new TableClient(tables.url, name, credential, options);
    }
    clients.set(name, client);
    return client;
  };
}

async function ownCredential(clientId: string | undefined): Promise<TokenCredential> {
  const { DefaultAzureCredential, ManagedIdentityCredential } = await import('@azure/identity');
  // Outside Azure, the account that is signed in on the machine.
  return clientId === undefined ? new DefaultAzureCredential() : new ManagedIdentityCredential({ clientId });
}

type Policy = NonNullable<TableServiceClientOptions['additionalPolicies']>[number]['policy'];

/**
 * Every answer has the service's time; the headers of a transaction's answer are visible only in the SDK's pipeline.
 */
function dateReader(clock: Clock, time: SampledServerTime): Policy {
  return {
    name: 'serverDate',
    async sendRequest(request, next) {
      const sentMs = clock.monotonic();
      const response = await next(request);
      const dateMs = Date.parse(response.headers.get('date') ?? '');
      // A 5xx may come from something in between, with a clock of its own.
      if (!Number.isNaN(dateMs) && response.status < 500) {
        time.sample({ dateMs, sentMs, receivedMs: clock.monotonic() });
      }
      return response;
    },
  };
}

/**
 * Lets through only what Table Storage itself can have answered: without this, the SDK takes a page of HTML for a table
 * without rows, and a 404 of any server for a row that is gone.
 * @see https://learn.microsoft.com/rest/api/storageservices/query-entities#response-headers
 */
const serviceOnly: Policy = {
  name: 'serviceOnly',
  async sendRequest(request, next) {
    const response = await next(request);
    // Other refusals may be of a server in front of it, and mean the same from whichever it is.
    const decides = response.status < 400 || [404, 409, 412].includes(response.status);
    if (decides && !response.headers.has('x-ms-request-id')) {
      throw new ForeignAnswer(`status ${response.status} without x-ms-request-id`);
    }
    return response;
  },
};

// The service answers no more rows at a time.
const longestPage = 1000;

function azureTable(name: TableName, open: () => Promise<TableClient>, deps: AzureStoreDeps): Table {
  const { clock, timeoutMs = requestTimeoutMs, chance = Math.random } = deps;

  const call = async <T>(request: (client: TableClient, abortSignal: AbortSignal) => Promise<T>): Promise<T> => {
    const client = await open();
    const over = linkedAbort(undefined, timeoutMs);
    try {
      return await request(client, over.signal);
    } finally {
      over.release();
    }
  };

  const read = async <T>(
    request: (client: TableClient, abortSignal: AbortSignal) => Promise<T>,
    ifMissing: T,
  ): Promise<T> => {
    const mayPass = (error: unknown) => isStoreError(error, 'unreachable');
    const pause = (ms: number) => clock.sleep(ms * (0.5 + chance() / 2));
    return retrying({ waitsMs: readWaitsMs, mayPass, pause }, async () => {
      try {
        return await call(request);
      } catch (error) {
        const known = toStoreError(error, name);
        if (known.kind === 'missing') return ifMissing;
        throw known;
      }
    });
  };

  const write = async <T>(request: (client: TableClient, abortSignal: AbortSignal) => Promise<T>): Promise<T> => {
    try {
      return await call(request);
    } catch (error) {
      throw toStoreError(error, name);
    }
  };

  /** Like `write`, for requests that may make the first row of the table. */
  const writeMaking = async <T>(request: (client: TableClient, abortSignal: AbortSignal) => Promise<T>): Promise<T> => {
    try {
      return await call(request);
    } catch (error) {
      if (!isTableMissing(error)) throw toStoreError(error, name);
    }
    await write((client, abortSignal) => client.createTable({ abortSignal }));
    return write(request);
  };

  async function* pages(filter?: string, most = longestPage): AsyncGenerator<StoredRow[]> {
    let token: string | undefined;
    do {
      const page = await read(async (client, abortSignal) => {
        const size = most < longestPage ? { maxPageSize: most } : {};
        const settings = token === undefined ? size : { ...size, continuationToken: token };
        const list = client.listEntities<Record<string, unknown>>({
          abortSignal,
          ...(filter === undefined ? {} : { queryOptions: { filter } }),
        });
        const result = await list.byPage(settings).next();
        return result.done === true ? undefined : result.value;
      }, undefined);
      if (page === undefined) return;
      yield page.map(fromEntity);
      token = page.continuationToken;
    } while (token !== undefined);
  }

  return {
    name,
    async get(partitionKey, rowKey) {
      const entity = await read(
        (client, abortSignal) => client.getEntity<Record<string, unknown>>(partitionKey, rowKey, { abortSignal }),
        undefined,
      );
      return entity === undefined ? undefined : fromEntity(entity);
    },
    async list(partitionKey, range = {}) {
      const { odata } = await import('@azure/data-tables');
      const filter = [
        odata`PartitionKey eq ${partitionKey}`,
        ...(range.from === undefined ? [] : [odata`RowKey ge ${range.from}`]),
        ...(range.below === undefined ? [] : [odata`RowKey lt ${range.below}`]),
      ].join(' and ');
      const rows: StoredRow[] = [];
      const { most = Number.POSITIVE_INFINITY } = range;
      for await (const page of pages(filter, most)) {
        rows.push(...page);
        if (rows.length >= most) return rows.slice(0, most);
      }
      return rows;
    },
    async *scan() {
      for await (const page of pages()) yield* page;
    },
    async insert(row) {
      const entity = toEntity(row);
      const { etag } = await writeMaking((client, abortSignal) => client.createEntity(entity, { abortSignal }));
      return etag ?? '';
    },
    async replace(row, etag) {
      const entity = toEntity(row);
      const result = await write((client, abortSignal) =>
        client.updateEntity(entity, 'Replace', { etag, abortSignal }),
      );
      return result.etag ?? '';
    },
    async delete(partitionKey, rowKey, etag) {
      try {
        await write((client, abortSignal) => client.deleteEntity(partitionKey, rowKey, { etag, abortSignal }));
      } catch (error) {
        if (!isStoreError(error, 'missing')) throw error;
      }
    },
    async batch(partitionKey, operations) {
      if (operations.length === 0) return [];
      const actions = operations.map((operation, index) => {
        try {
          return toAction(partitionKey, operation);
        } catch (cause) {
          // The rest of the batch is sent without it, as if the service had refused it.
          throw new StoreError('refused', { cause, table: name, index });
        }
      });
      const { subResponses } = await writeMaking((client, abortSignal) =>
        client.submitTransaction(actions, { abortSignal }),
      );
      // An answer that was cut off says as little as none.
      if (subResponses.length !== operations.length) throw new StoreError('unreachable', { table: name });
      return subResponses.map(({ etag }) => etag ?? '');
    },
  };
}

function toAction(partitionKey: string, operation: BatchOperation): TransactionAction {
  switch (operation.kind) {
    case 'insert':
      return ['create', toEntity(operation.row)];
    case 'upsert':
      return ['upsert', toEntity(operation.row), 'Replace'];
    case 'replace':
      return ['update', toEntity(operation.row), 'Replace', { etag: operation.etag }];
    case 'delete':
      return ['delete', { partitionKey, rowKey: operation.rowKey }];
  }
}
