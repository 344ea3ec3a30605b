import { z } from 'zod';
import { type Scope, scopes } from '../../domain/scope.ts';
import { writeOrFind } from '../table/modify.ts';
import type { StoredRow, Table } from '../table/table.ts';

/** An API key as it is stored. The secret itself is nowhere: only its hash, and a MAC over all that the key may do. */
export interface ApiKeyRow {
  readonly id: string;
  /** Version of the root key under which `mac` was made. */
  readonly kid: string;
  readonly secretHash: Uint8Array;
  readonly mac: Uint8Array;
  readonly scopes: readonly Scope[];
  readonly mailboxes: readonly string[] | undefined;
  readonly destinations: readonly string[] | undefined;
  readonly expiresAt: Date | undefined;
  readonly label: string | undefined;
  readonly createdAt: Date;
  /** Id of the key that made it; '' for one made by the local world. */
  readonly createdBy: string;
  readonly lastUsedAt: Date | undefined;
}

export interface StoredApiKey {
  readonly row: ApiKeyRow;
  readonly etag: string;
}

export interface ApiKeyRows {
  /** Undefined also for a row that does not have the shape of a key, which is ignored. */
  get(id: string): Promise<StoredApiKey | undefined>;
  /** In order of their ids. */
  list(): Promise<StoredApiKey[]>;
  /** @throws StoreError `exists` */
  insert(row: ApiKeyRow): Promise<void>;
  /** @throws StoreError `conflict` | `missing` */
  replace(row: ApiKeyRow, etag: string): Promise<void>;
  /** True if there was such a key. @throws StoreError `conflict` | `missing` */
  remove(id: string): Promise<boolean>;
}

const partitionKey = 'key';

const list = z.string().transform((text, context) => {
  const parsed = z.array(z.string()).safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  context.addIssue({ code: 'custom', message: 'is not a list' });
  return z.NEVER;
});

const shape = z.object({
  kid: z.string(),
  secretHash: z.instanceof(Uint8Array),
  mac: z.instanceof(Uint8Array),
  scopes: z
    .string()
    .transform((text) => text.split(' ').filter((item) => item !== ''))
    .pipe(z.array(z.enum(scopes))),
  mailboxes: list.optional(),
  destinations: list.optional(),
  expiresAt: z.date().optional(),
  label: z.string().optional(),
  createdAt: z.date(),
  createdBy: z.string(),
  lastUsedAt: z.date().optional(),
});

function decode(stored: StoredRow): StoredApiKey | undefined {
  let parsed: ReturnType<typeof shape.safeParse>;
  try {
    parsed = shape.safeParse(stored.values);
  } catch (error) {
    // A list that is not JSON. Anything else is a fault of ours.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (!parsed.success) return undefined;
  const { data } = parsed;
  return {
    etag: stored.etag,
    row: {
      id: stored.rowKey,
      kid: data.kid,
      secretHash: data.secretHash,
      mac: data.mac,
      scopes: data.scopes,
      mailboxes: data.mailboxes,
      destinations: data.destinations,
      expiresAt: data.expiresAt,
      label: data.label,
      createdAt: data.createdAt,
      createdBy: data.createdBy,
      lastUsedAt: data.lastUsedAt,
    },
  };
}

const encode = (row: ApiKeyRow) => ({
  partitionKey,
  rowKey: row.id,
  values: {
    v: 1,
    kid: row.kid,
    secretHash: row.secretHash,
    mac: row.mac,
    scopes: row.scopes.join(' '),
    mailboxes: row.mailboxes && JSON.stringify(row.mailboxes),
    destinations: row.destinations && JSON.stringify(row.destinations),
    expiresAt: row.expiresAt,
    label: row.label,
    createdAt: row.createdAt,
    createdBy: row.createdBy,
    lastUsedAt: row.lastUsedAt,
  },
});

/** The rows of API keys, in the table `keys`. What makes one count is decided above, by its MAC. */
export function createApiKeyRows(table: Table): ApiKeyRows {
  return {
    async get(id) {
      const stored = await table.get(partitionKey, id);
      return stored && decode(stored);
    },
    async list() {
      const rows = await table.list(partitionKey);
      return rows.flatMap((stored) => decode(stored) ?? []);
    },
    async insert(row) {
      const isThere = async () => (await table.get(partitionKey, row.id)) !== undefined;
      await writeOrFind(() => table.insert(encode(row)), isThere);
    },
    async replace(row, etag) {
      await table.replace(encode(row), etag);
    },
    async remove(id) {
      const stored = await table.get(partitionKey, id);
      if (stored === undefined) return false;
      await table.delete(partitionKey, id, stored.etag);
      return true;
    },
  };
}
