import { z } from 'zod';
import { columns, instant, readColumns, text } from '../table/columns.ts';
import type { Row, StoredRow, Table } from '../table/table.ts';

/** A right to ask the administrator of a tenant for consent. Its row key is a hash of the ticket's id, as a connect ticket's. */
export interface ConsentTicketRow {
  readonly key: string;
  /** A tenant id, or `organizations`. */
  readonly tenant: string;
  readonly permissions: 'delegated' | 'app';
  readonly label: string | undefined;
  readonly returnUrl: string | undefined;
  /** Id of the API key that made it; `broker` where no caller asked for it. */
  readonly keyId: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** Consent spends it; opening, refusing and declining do not. */
  readonly status: 'open' | 'spent';
}

export interface StoredConsentTicket {
  readonly row: ConsentTicketRow;
  readonly etag: string;
}

export interface ConsentTickets {
  get(key: string): Promise<StoredConsentTicket | undefined>;
  insert(row: ConsentTicketRow): Promise<void>;
  /** @throws StoreError `conflict` | `missing` */
  replace(row: ConsentTicketRow, etag: string): Promise<void>;
}

// A partition of its own: the link of one kind leads to nothing where the other is asked for.
const partitionKey = 'consent';

const schema = z.object({
  tenant: text,
  permissions: z.enum(['delegated', 'app']),
  label: text.optional(),
  returnUrl: text.optional(),
  keyId: text,
  createdAt: instant,
  expiresAt: instant,
  status: z.enum(['open', 'spent']),
});

function decode(stored: StoredRow): StoredConsentTicket {
  const { label, returnUrl, ...row } = readColumns(stored, schema);
  return { etag: stored.etag, row: { key: stored.rowKey, ...row, label, returnUrl } };
}

const encode = ({ key, ...row }: ConsentTicketRow): Row => ({ partitionKey, rowKey: key, values: columns({ ...row }) });

/** Rows of the table `tickets` that ask for an administrator's consent. */
export function createConsentTickets(table: Table): ConsentTickets {
  return {
    async get(key) {
      const stored = await table.get(partitionKey, key);
      return stored && decode(stored);
    },
    async insert(row) {
      await table.insert(encode(row));
    },
    async replace(row, etag) {
      await table.replace(encode(row), etag);
    },
  };
}
