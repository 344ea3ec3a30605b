import { z } from 'zod';
import type { Sealer } from '../../domain/sealing.ts';
import { columns, instant, json, readColumns, text } from '../table/columns.ts';
import { sealForWrite } from '../table/seal-for-write.ts';
import type { Row, StoredRow, Table } from '../table/table.ts';

/** How a sign-in ended, kept so that a page that is loaded again says the same. */
export type SignInResult =
  | { readonly kind: 'connected'; readonly mailboxId: string; readonly address: string }
  /** An administrator consented. */
  | { readonly kind: 'consented' }
  | {
      readonly kind: 'failed';
      readonly code: string;
      /** AADSTS number, where Microsoft refused. */
      readonly number?: number | undefined;
      readonly addresses?: { readonly expected: string; readonly actual: string } | undefined;
    };

/**
 * What a browser is sent to Microsoft for: to sign its person in, to ask an administrator for consent, or to open the
 * dashboard.
 */
export const signInKinds = ['connect', 'admin-consent', 'dashboard'] as const;
export type SignInKind = (typeof signInKinds)[number];

/** One trip of one browser to Microsoft and back. Its row key is a hash of the state; the state itself is not stored. */
export interface SignInStateRow {
  /** base64url of the hash of the state. */
  readonly key: string;
  readonly kind: SignInKind;
  /** Row key of the ticket of that kind; '' for the dashboard, which has none. */
  readonly ticket: string;
  /** Hash of the cookie of the browser that began it. */
  readonly browserHash: Uint8Array;
  /** The person who must come back, on a reconnect. */
  readonly expected: { readonly tid: string; readonly oid: string } | undefined;
  readonly redirectUri: string;
  readonly expiresAt: Date;
  readonly status: 'open' | 'used';
  readonly usedAt: Date | undefined;
  readonly result: SignInResult | undefined;
}

/** What is needed to finish the sign-in and must not be read in a table. */
export interface SignInSecrets {
  /** PKCE (RFC 7636); '' where no code comes back. */
  readonly verifier: string;
  readonly nonce: string;
  /** The link's token, for the button that starts over. */
  readonly token: string;
  /** Token of the link for the administrator, where the sign-in has shown that one must consent first. */
  readonly consentToken?: string | undefined;
  /** It asks for no permission that the broker can do without. */
  readonly leastScopes?: true | undefined;
}

export interface StoredSignInState {
  readonly row: SignInStateRow;
  readonly sealed: Uint8Array;
  readonly etag: string;
}

export interface SignInStates {
  get(key: string): Promise<StoredSignInState | undefined>;
  insert(row: SignInStateRow, secrets: SignInSecrets): Promise<void>;
  /** @throws BrokerError `seal_broken` */
  secrets(stored: StoredSignInState): Promise<SignInSecrets>;
  /** Answers the row as it is stored now; the secrets stay unless given. @throws StoreError `conflict` | `missing` */
  replace(stored: StoredSignInState, row: SignInStateRow, secrets?: SignInSecrets): Promise<StoredSignInState>;
}

const partitionKey = 'state';
const placeOf = (key: string) => ({ table: 'states', partitionKey, rowKey: key, column: 'sealed' });

const resultSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('connected'), mailboxId: z.string(), address: z.string() }),
  z.object({ kind: z.literal('consented') }),
  z.object({
    kind: z.literal('failed'),
    code: z.string(),
    number: z.int().optional(),
    addresses: z.object({ expected: z.string(), actual: z.string() }).optional(),
  }),
]);

const schema = z.object({
  kind: z.enum(signInKinds),
  ticket: text,
  browserHash: z.instanceof(Uint8Array),
  sealed: z.instanceof(Uint8Array),
  expected: json(z.object({ tid: z.string(), oid: z.string() })).optional(),
  redirectUri: text,
  expiresAt: instant,
  status: z.enum(['open', 'used']),
  usedAt: instant.optional(),
  result: json(resultSchema).optional(),
});

const secretsSchema = z.object({
  verifier: z.string(),
  nonce: z.string(),
  token: z.string(),
  consentToken: z.string().optional(),
  leastScopes: z.literal(true).optional(),
});

function decode(stored: StoredRow): StoredSignInState {
  const { sealed, ...row } = readColumns(stored, schema);
  return {
    etag: stored.etag,
    sealed,
    row: {
      key: stored.rowKey,
      kind: row.kind,
      ticket: row.ticket,
      browserHash: row.browserHash,
      expected: row.expected,
      redirectUri: row.redirectUri,
      expiresAt: row.expiresAt,
      status: row.status,
      usedAt: row.usedAt,
      result: row.result,
    },
  };
}

function encode({ key, ...row }: SignInStateRow, sealed: Uint8Array): Row {
  return {
    partitionKey,
    rowKey: key,
    values: columns({
      ...row,
      expected: row.expected && JSON.stringify(row.expected),
      result: row.result && JSON.stringify(row.result),
      sealed,
    }),
  };
}

/** The rows of the table `states`. */
export function createSignInStates(deps: { readonly table: Table; readonly sealer: Sealer }): SignInStates {
  const { table, sealer } = deps;
  const seal = (key: string, secrets: SignInSecrets) =>
    sealer.seal(placeOf(key), new TextEncoder().encode(JSON.stringify(secrets)));
  return {
    async get(key) {
      const stored = await table.get(partitionKey, key);
      return stored && decode(stored);
    },
    async insert(row, secrets) {
      await table.insert(encode(row, await seal(row.key, secrets)));
    },
    async secrets(stored) {
      const plain = await sealer.open(placeOf(stored.row.key), stored.sealed);
      return secretsSchema.parse(JSON.parse(new TextDecoder().decode(plain)));
    },
    async replace(stored, row, secrets) {
      const sealed =
        secrets === undefined
          ? await sealForWrite(sealer, placeOf(row.key), stored.sealed)
          : await seal(row.key, secrets);
      return { row, sealed, etag: await table.replace(encode(row, sealed), stored.etag) };
    },
  };
}
