import { z } from 'zod';
import type { MailboxFilter } from '../../domain/mail/filter.ts';
import type { FolderChoice } from '../../domain/mail/folder.ts';
import { folderRole } from '../rows/folder-role.ts';
import { storedFilter } from '../rows/settings-row.ts';
import { columns, instant, json, readColumns, text } from '../table/columns.ts';
import type { Row, StoredRow, Table } from '../table/table.ts';

/** What a link, once spent, has brought about. */
export interface TicketResult {
  readonly mailboxId: string;
  /** The address that was connected. */
  readonly address: string;
}

/** A right to connect one mailbox. Its row key is a hash of the ticket's id; the link itself cannot be made from it. */
export interface TicketRow {
  /** base64url of the hash of the id. */
  readonly key: string;
  /** `reconnect`: for the mailbox `mailboxId` and the person behind it. */
  readonly kind: 'connect' | 'reconnect';
  readonly mailboxId: string | undefined;
  /** The address to connect (on a reconnect: the mailbox's, to show); undefined where any will do. */
  readonly expectedAddress: string | undefined;
  readonly anyAddress: boolean;
  readonly loginHint: string | undefined;
  readonly label: string | undefined;
  readonly ownerRef: string | number | undefined;
  /** Undefined: nothing was said. */
  readonly syncFrom: Date | 'now' | undefined;
  /** Folders to watch in place of inbox and sent. */
  readonly folders: readonly FolderChoice[] | undefined;
  /** Which mail of the mailbox is delivered. */
  readonly filter?: MailboxFilter | undefined;
  readonly destinationId: string;
  readonly returnUrl: string | undefined;
  /** Id of the API key that made it. */
  readonly keyId: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** The sign-in that is connecting with it, and for which address: another sign-in may take over, another address never. */
  readonly takenBy: { readonly state: string; readonly address: string } | undefined;
  /** Success spends it; opening does not. */
  readonly status: 'open' | 'spent';
  readonly result: TicketResult | undefined;
  /** What Microsoft wants to hear in the next sign-in with this link: it came with its last refusal. JSON. */
  readonly claims?: string | undefined;
}

export interface StoredTicket {
  readonly row: TicketRow;
  readonly etag: string;
}

export interface Tickets {
  get(key: string): Promise<StoredTicket | undefined>;
  insert(row: TicketRow): Promise<void>;
  /** Answers the row as it is stored now. @throws StoreError `conflict` | `missing` */
  replace(row: TicketRow, etag: string): Promise<StoredTicket>;
}

const partitionKey = 'ticket';

const schema = z.object({
  kind: z.enum(['connect', 'reconnect']),
  mailboxId: text.optional(),
  expectedAddress: text.optional(),
  anyAddress: z.boolean(),
  loginHint: text.optional(),
  label: text.optional(),
  ownerRef: json(z.union([z.string(), z.number()])).optional(),
  syncFrom: z.union([instant, z.literal('now')]).optional(),
  folders: json(z.array(z.union([z.object({ role: folderRole }), z.object({ path: z.string() })]))).optional(),
  filter: json(storedFilter).optional(),
  destinationId: text,
  returnUrl: text.optional(),
  keyId: text,
  createdAt: instant,
  expiresAt: instant,
  takenBy: json(z.object({ state: z.string(), address: z.string() })).optional(),
  status: z.enum(['open', 'spent']),
  result: json(z.object({ mailboxId: z.string(), address: z.string() })).optional(),
  claims: text.optional(),
});

function decode(stored: StoredRow): StoredTicket {
  const row = readColumns(stored, schema);
  return {
    etag: stored.etag,
    row: {
      key: stored.rowKey,
      kind: row.kind,
      mailboxId: row.mailboxId,
      expectedAddress: row.expectedAddress,
      anyAddress: row.anyAddress,
      loginHint: row.loginHint,
      label: row.label,
      ownerRef: row.ownerRef,
      syncFrom: row.syncFrom,
      folders: row.folders,
      filter: row.filter,
      destinationId: row.destinationId,
      returnUrl: row.returnUrl,
      keyId: row.keyId,
      createdAt: row.createdAt,
      expiresAt: row.expiresAt,
      takenBy: row.takenBy,
      status: row.status,
      result: row.result,
      claims: row.claims,
    },
  };
}

const asJson = (value: unknown): string | undefined => (value === undefined ? undefined : JSON.stringify(value));

function encode({ key, ...row }: TicketRow): Row {
  return {
    partitionKey,
    rowKey: key,
    values: columns({
      ...row,
      // A number and the same digits as text are two different references; JSON keeps them apart.
      ownerRef: asJson(row.ownerRef),
      folders: asJson(row.folders),
      filter: asJson(row.filter),
      takenBy: asJson(row.takenBy),
      result: asJson(row.result),
    }),
  };
}

/** The rows of the table `tickets`. */
export function createTickets(table: Table): Tickets {
  return {
    async get(key) {
      const stored = await table.get(partitionKey, key);
      return stored && decode(stored);
    },
    async insert(row) {
      await table.insert(encode(row));
    },
    async replace(row, etag) {
      return { row, etag: await table.replace(encode(row), etag) };
    },
  };
}
