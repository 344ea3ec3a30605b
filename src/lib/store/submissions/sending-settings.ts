import { z } from 'zod';
import { columns, json, readColumns, text } from '../table/columns.ts';
import { modify, type RetryParts, reachingStore } from '../table/modify.ts';
import type { Store, StoredRow } from '../table/table.ts';
import { submissionPartition, submissionRowKey } from './submission-keys.ts';

/** How a mailbox sends: what an administrator may say of it. */
export interface SendingSettings {
  /** BCP 47; English where undefined. */
  readonly locale: string | undefined;
  /** IANA; UTC where undefined. */
  readonly timeZone: string | undefined;
  /** Under every message; none where undefined. */
  readonly signatureHtml: string | undefined;
  /** Further addresses of the mailbox: `from` may name them, and none of them is answered. */
  readonly aliases: readonly string[];
  /** Addresses that a bounce says do not exist are put on the suppression list. */
  readonly suppressHardBounces: boolean;
  /** Of a shared mailbox that sends over SMTP: in whose Sent the copy lies. */
  readonly sentCopyIn: SentCopyIn;
}

/** `account`: of the person who signs in, where Exchange puts it. `mailbox`: of the shared mailbox, too. */
export const sentCopiesIn = ['account', 'mailbox'] as const;
export type SentCopyIn = (typeof sentCopiesIn)[number];

/** Undefined leaves it, null clears it. */
export type SendingSettingsChange = { readonly [K in keyof SendingSettings]?: SendingSettings[K] | null | undefined };

const none: SendingSettings = {
  locale: undefined,
  timeZone: undefined,
  signatureHtml: undefined,
  aliases: [],
  suppressHardBounces: false,
  sentCopyIn: 'account',
};

const maybe = text.optional().transform((value) => value);
const form = z.object({
  locale: maybe,
  timeZone: maybe,
  signatureHtml: maybe,
  aliases: json(z.array(z.string())).default([]),
  suppressHardBounces: z.boolean().default(false),
  sentCopyIn: z.enum(sentCopiesIn).default('account'),
});

/** The row `p!mbx!sending`, which the API alone writes; there is none where everything is as it comes. */
export interface SendingSettingsRows {
  /** @throws BrokerError `storage_unreachable` | `row_broken` | `row_newer` */
  read(mailboxId: string): Promise<SendingSettings>;
  /** @throws as `read` does; `conflict` */
  change(mailboxId: string, change: SendingSettingsChange): Promise<SendingSettings>;
}

export function createSendingSettings({
  store,
  ...parts
}: RetryParts & { readonly store: Store }): SendingSettingsRows {
  const table = store.table('submissions');
  const keyOf = (mailboxId: string) => ({
    partitionKey: submissionPartition(mailboxId),
    rowKey: submissionRowKey('p', mailboxId, 'sending'),
  });
  const decode = (row: StoredRow | undefined): SendingSettings => (row === undefined ? none : readColumns(row, form));
  return {
    read: (mailboxId) =>
      reachingStore(async () => {
        const { partitionKey, rowKey } = keyOf(mailboxId);
        return decode(await table.get(partitionKey, rowKey));
      }),
    change: (mailboxId, change) =>
      modify(parts, table, keyOf(mailboxId), (row) => {
        const result = changed(decode(row), change);
        return { kind: 'write', values: encode(result), result };
      }),
  };
}

const encode = ({ aliases, suppressHardBounces, sentCopyIn, ...texts }: SendingSettings) =>
  columns({
    ...texts,
    aliases: aliases.length === 0 ? undefined : JSON.stringify(aliases),
    suppressHardBounces: suppressHardBounces || undefined,
    sentCopyIn: sentCopyIn === 'account' ? undefined : sentCopyIn,
  });

function changed(before: SendingSettings, change: SendingSettingsChange): SendingSettings {
  const text = (name: 'locale' | 'timeZone' | 'signatureHtml') => {
    const wanted = change[name];
    return wanted === undefined ? before[name] : (wanted ?? undefined);
  };
  return {
    locale: text('locale'),
    timeZone: text('timeZone'),
    signatureHtml: text('signatureHtml'),
    aliases: change.aliases === undefined ? before.aliases : (change.aliases ?? []),
    suppressHardBounces:
      change.suppressHardBounces === undefined ? before.suppressHardBounces : (change.suppressHardBounces ?? false),
    sentCopyIn: change.sentCopyIn === undefined ? before.sentCopyIn : (change.sentCopyIn ?? 'account'),
  };
}
